"""Planted subjects are found again, named by their own words, and what was left out of a source is its gap."""

import random
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

from model_factory import lake, weights
from model_factory.blender.tokenizer import train_tokenizer
from model_factory.cards.card import Card
from model_factory.cards.categories import Categories
from model_factory.cards.errors import CardError
from model_factory.cards.parse import parse
from model_factory.curation.categories.cluster import clusters
from model_factory.curation.categories.gaps import gaps
from model_factory.curation.categories.hashed import points
from model_factory.curation.categories.name import names
from model_factory.curation.categories.station import CLUSTERS, categorise, find_gaps
from model_factory.inference.embed import embedder
from model_factory.model import Transformer
from model_factory.nouns import Architecture, Checkpoint, Mesh
from model_factory.nouns.home import checkout, room

SECTION = Categories(17, "", "hashed", 1, 1 << 14, 4000, 3, 2, 10, 5, 1024, {}, 0.1)
# subject → its words, and those of its two branches
SUBJECTS = {
    "kitchen": (
        "simmer whisk saucepan oven flour butter",
        ("pastry dough yeast crust", "broth lentil onion ladle"),
    ),
    "harbour": (
        "quay mooring tide vessel anchor hull",
        ("trawler herring netting cod", "container crane pallet customs"),
    ),
    "orchestra": (
        "conductor rehearsal score tempo encore podium",
        ("violin cello bow rosin", "trumpet horn brass valve"),
    ),
}


def planted(stdlib: pl.DataFrame, each: int, missing: tuple[str, str] = ("", ""), seed: int = 3) -> pl.DataFrame:
    """`each` documents of every branch in either source: real code with the branch's words strewn in. `missing` is a
    (source, subject) of which there is a tenth."""
    draw = random.Random(seed)
    modules = stdlib.filter(pl.col("text").str.len_bytes().is_between(1500, 4000)).sort("path")["text"].to_list()
    rows = []
    for source in ("web", "books"):
        for subject, (common, branches) in SUBJECTS.items():
            for branch, own in enumerate(branches):
                for _ in range(max(1, each // 10) if (source, subject) == missing else each):
                    text = draw.choice(modules).split(" ")[:120]
                    for word in draw.choices(common.split(), k=25) + draw.choices(own.split(), k=25):
                        text.insert(draw.randrange(len(text)), word)
                    row = {"source": source, "language": "text", "text": " ".join(text), "subject": subject}
                    rows.append(row | {"branch": f"{subject}{branch}", "doc_id": f"{draw.getrandbits(64):016x}"})
    return pl.DataFrame(rows).sort("doc_id")


@pytest.fixture(scope="module")
def documents(stdlib):
    return planted(stdlib, 20)


def test_planted_subjects_and_their_branches_are_found_again(documents):
    found = clusters(SECTION, points(SECTION, documents["text"].to_list(), None))
    assert adjusted_rand_score(documents["subject"], found.coarse_D) >= 0.95
    assert adjusted_rand_score(documents["branch"], found.coarse_D * 10 + found.fine_D) >= 0.9
    told = names(documents["text"], found.coarse_D, 4)
    by_subject = {subject: set(f"{common} {' '.join(own)}".split()) for subject, (common, own) in SUBJECTS.items()}
    for label, name in told.items():
        subject = documents["subject"].gather(np.flatnonzero(found.coarse_D == label)).mode()[0]
        assert set(name.split(", ")) <= by_subject[subject], name


def test_shuffled_words_are_no_subjects(documents):
    """The same words given to other documents: nothing is left to find again."""
    draw = random.Random(1)
    words = [word for text in documents["text"] for word in text.split(" ")]
    draw.shuffle(words)
    size = len(words) // len(documents)
    texts = [" ".join(words[start : start + size]) for start in range(0, size * len(documents), size)]
    found = clusters(SECTION, points(SECTION, texts, None))
    assert abs(adjusted_rand_score(documents["subject"], found.coarse_D)) < 0.1


def test_real_packages_are_told_apart(stdlib):
    """Modules of three packages of the standard library, nothing planted."""
    package = pl.col("path").str.extract(r"^(asyncio|email|lib2to3|tkinter|unittest|xml)/")
    modules = stdlib.with_columns(package=package).filter(pl.col("package").is_in(["asyncio", "email", "tkinter"]))
    modules = modules.filter(pl.col("text").str.len_bytes() > 800).sort("doc_id")
    found = clusters(SECTION, points(SECTION, modules["text"].to_list(), None))
    assert adjusted_rand_score(modules["package"], found.coarse_D) > 0.5


def test_distances_are_those_of_a_slow_reading(documents):
    rows = points(SECTION, documents["text"].to_list(), None)
    found = clusters(SECTION, rows)
    dense = rows.toarray()
    own = np.flatnonzero((found.coarse_D == 1) & (found.fine_D == 1))
    expected = np.linalg.norm(dense[own] - dense[own].mean(axis=0), axis=1)
    assert found.distance_D[own] == pytest.approx(expected, abs=1e-5)
    sizes = np.bincount(found.coarse_D)
    assert (np.diff(sizes) <= 0).all()


def test_small_categories_are_not_divided(documents):
    found = clusters(replace(SECTION, min_documents=1000), points(SECTION, documents["text"].to_list(), None))
    assert set(found.fine_D) == {0}


def test_the_planted_gap_is_found_and_no_other(stdlib, lineage):
    documents = planted(stdlib, 20, missing=("books", "harbour"))
    source = lake.write("curated.documents", documents.to_arrow(), lineage("curate"))
    section = replace(SECTION, tolerance=0.3)
    categories = categorise(section, source, lineage("categories", source))
    assert pl.DataFrame(lake.read(categories)).columns == ["doc_id", "language", "source", "coarse", "fine", "distance"]
    found = pl.DataFrame(lake.read(find_gaps(section, categories, lineage("categories", categories))))
    lacking = found.filter(pl.col("missing") > 0)
    assert len(found) == 6
    assert len(lacking) == 1
    row = lacking.row(0, named=True)
    assert (row["source"], row["documents"]) == ("books", 4)
    assert set(row["category"].split(", ")) & set(SUBJECTS["harbour"][0].split())
    assert row["missing"] == np.ceil(len(documents) / 6 - 4)
    named = pl.DataFrame(lake.read(lake.head(CLUSTERS)))
    assert named.filter(pl.col("fine") >= 0)["documents"].sum() == len(documents)


def test_gaps_follow_the_reference():
    rows = pl.DataFrame(
        {"language": ["python"] * 6 + ["text"] * 4, "source": ["a"] * 5 + ["b"] + ["b"] * 4, "coarse": [0] * 10}
    ).with_columns(pl.col("coarse").cast(pl.Int64), category=pl.lit("all"))
    wanted = {"python": {"a": 0.3, "b": 0.3}, "text": {"b": 0.3, "c": 0.1}}
    found = gaps(rows, wanted, 0.0)
    missing = {(row["language"], row["source"]): row["missing"] for row in found.iter_rows(named=True)}
    assert missing == {("python", "a"): 0, ("python", "b"): 2, ("text", "b"): 0, ("text", "c"): 1}
    uniform = gaps(rows, {}, 0.0)
    assert uniform["reference"].to_list() == pytest.approx([1 / 3] * 3)
    assert uniform["missing"].to_list() == [0, 3, 0]
    assert gaps(rows, {}, 0.8)["missing"].to_list() == [0, 0, 0]
    with pytest.raises(CardError, match=r"categories.references.pyhton: no document is in that language; did you mean"):
        gaps(rows, {"pyhton": {"a": 1.0}}, 0.0)


def test_two_runs_have_equal_digests_whatever_the_order(documents, lineage):
    digests = []
    for seed in (1, 2):
        shuffled = documents.sample(fraction=1.0, shuffle=True, seed=seed)
        source = lake.write("curated.documents", shuffled.to_arrow(), lineage("curate"))
        made = categorise(SECTION, source, lineage("categories", source))
        digests.append([made.digest, lake.head(CLUSTERS).digest])
    assert digests[0] == digests[1]
    other = categorise(replace(SECTION, num_coarse=2), source, lineage("categories", source))
    assert other.digest != digests[0][0]


def test_a_model_embeds_in_place_of_words(documents, lineage):
    """A model that never learnt anything still tells words apart by their tokens' embeddings."""
    section = replace(SECTION, embedding="model", num_inits=3)
    few = documents.group_by("subject", maintain_order=True).head(12)
    source = lake.write("curated.documents", few.to_arrow(), lineage("curate"))
    with pytest.raises(CardError, match="categories.embedding: 'model' needs a checkpoint that embeds"):
        categorise(section, source, lineage("categories", source))
    laptop = parse(Card.read(checkout() / "configs" / "laptop.md")).tokenize
    tokenizer = train_tokenizer(replace(laptop, vocab_size=400, heldout_fraction=0.0), source, lineage("tokenize"))
    shape = Architecture(400, 1, 32, 2, 2, 64, 1e4, 1e-5, 256, True)
    state, folder = Transformer(shape).state_dict(), room("checkpoints") / "pretrain" / "step-000000"
    weights.save(folder, {"model": state}, marker={})
    digest = weights.digest_of_state(state)
    made_from = lineage("pretrain")
    checkpoint = Checkpoint(str(folder), "pretrain", 0, 0, digest, Mesh(1, 1), shape, tokenizer.uri, made_from)
    embed = embedder(checkpoint)
    rows = embed(["whisk the butter", "", "whisk the butter"])
    assert rows.shape == (3, 32)
    assert (rows[0] == rows[2]).all()
    assert (rows[1] == 0).all()
    first, second = (categorise(section, source, lineage("categories", source), embed) for _ in range(2))
    assert first.digest == second.digest
    assert len(set(lake.read(first)["coarse"].to_pylist())) > 1
