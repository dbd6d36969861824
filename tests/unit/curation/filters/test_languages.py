"""Many texts side by side get the probabilities that py3langid gives each alone."""

import random

import numpy as np
import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from model_factory.curation.filters import languages

from .tools import prose

ODD = [
    "", " ", "12 34", "x", "DIE GRÖSSTE ÜBERRASCHUNG WAR DER BÄR", "Ο γάτος κάθεται στο χαλί.", "Ово је српски језик.",
    "Ovo je srpski jezik, a ovo hrvatski.",
    "e\u0301te\u0301", "これは日本語の文章です。", "\x00\x01", "naïve café " * 40,
]  # fmt: skip


@pytest.fixture(scope="module")
def alone():
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@pytest.mark.parametrize("wanted", [["en"], ["de", "sr"], ["ja", "el", "fr"]])
def test_every_text_gets_the_probability_that_it_gets_alone(alone, wanted, monkeypatch):
    draw = random.Random(5)
    texts = [text[: draw.choice([7, 80, 900])] for text in prose()[:60]] + ODD
    draw.shuffle(texts)
    expected = [max(score for language, score in alone.rank(text) if language in wanted) for text in texts]
    assert np.ptp(expected) > 0.9
    for group_bytes in (languages.GROUP_BYTES, 500):
        monkeypatch.setattr(languages, "GROUP_BYTES", group_bytes)
        assert languages.probabilities(texts, wanted) == pytest.approx(expected, abs=1e-4)


def test_no_texts_have_no_probabilities():
    assert languages.probabilities([], ["en"]).tolist() == []
