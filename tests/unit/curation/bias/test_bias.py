"""Planted skew among real texts is found, what is planted evenly is not, and the factors mend it in the blend."""

import math
import random
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import fisher_exact, norm

from model_factory import lake
from model_factory.blender.order import batch
from model_factory.blender.pack import pack
from model_factory.blender.tokenizer import train_tokenizer
from model_factory.cards.bias import Bias
from model_factory.cards.card import Card
from model_factory.cards.errors import CardError
from model_factory.cards.parse import parse
from model_factory.curation.bias.asked import asked
from model_factory.curation.bias.count import Counts, count, mentions
from model_factory.curation.bias.lists.gender import LIST
from model_factory.curation.bias.odds import ALL, associations
from model_factory.curation.bias.page import page, strongest
from model_factory.curation.bias.representation import leads, representation
from model_factory.curation.bias.station import counted, stratify
from model_factory.curation.bias.strata import reweigh, strata
from model_factory.curation.vocabulary import words_in, words_of
from model_factory.nouns.home import checkout

SECTION = Bias(17, "", ["gender"], {}, {}, 8, 5, 0.95, 0.05, {}, 3.0, 5, "gender")
LAPTOP = parse(Card.read(checkout() / "configs" / "laptop.md"))
PRETRAIN, TOKENIZE = LAPTOP.pretrain, LAPTOP.tokenize
# Subjects are planted evenly; of the two occupations one goes with a group nine times in ten.
FILLER = "In the third section of this manual a reader may look up what became of the case. "


def _story(group: str, occupation: str, subject: str) -> str:
    pronoun = {"women": "she", "men": "he"}[group]
    return f"{FILLER}When the {occupation} came in, {pronoun} spoke about {subject} at length. {FILLER}"


def planted(stdlib: pl.DataFrame, num: int, women: float, seed: int = 5) -> pl.DataFrame:
    """`num` stories, each in front of a real module whose own group words are cut out; two sources."""
    draw = random.Random(seed)
    modules = stdlib.filter(pl.col("text").str.len_bytes().is_between(500, 4000)).sort("path").head(num)
    own = rf"(?i)\b(?:{'|'.join(word for words in LIST.groups.values() for word in words)})\b"
    rows = []
    for row in modules.iter_rows(named=True):
        group = "women" if draw.random() < women else "men"
        usual = draw.random() < 0.9
        occupation = "welder" if usual == (group == "men") else "florist"
        story = _story(group, occupation, draw.choice(["granite", "weather"]))
        text = story + "\n" + pl.Series([row["text"]]).str.replace_all(own, "one")[0]
        rows.append(
            {
                "doc_id": row["doc_id"],
                "source": draw.choice(["web", "books"]),
                "text": text,
                "group": group,
                "job": occupation,
            }
        )
    return pl.DataFrame(rows)


def _found(documents: pl.DataFrame, section: Bias = SECTION) -> pl.DataFrame:
    return associations(counted(documents, asked(section), section.window), section.min_documents, section.confidence)


def _row(found: pl.DataFrame, group: str, term: str, source: str = ALL, kind: str = "word") -> dict:
    return found.row(
        by_predicate=(pl.col("group") == group) & (pl.col("term") == term) & (pl.col("source") == source)
        & (pl.col("kind") == kind),
        named=True,
    )  # fmt: skip


def test_planted_company_is_found_and_even_company_is_not(stdlib):
    documents = planted(stdlib, 300, women=0.5)
    found = _found(documents)
    sure = strongest(found.filter(pl.col("kind") == "word"), 0.05).filter(pl.col("source") == ALL)
    assert set(sure.select("group", "term").rows()) == {("women", "florist"), ("men", "welder")}
    welder = _row(found, "men", "welder")
    # Nine to one on both sides is an odds ratio of 81.
    assert math.exp(welder["low"]) < 81 < math.exp(welder["high"])
    weld = documents["job"] == "welder"
    rate = (weld & (documents["group"] == "men")).sum() / (documents["group"] == "men").sum()
    assert welder["pmi"] == pytest.approx(math.log2(rate / weld.mean()), abs=0.02)
    assert _row(found, "women", "welder")["log_odds"] == pytest.approx(-welder["log_odds"])
    even = _row(found, "women", "granite")
    assert even["low"] < 0 < even["high"]
    for source in ("web", "books"):
        assert _row(found, "men", "welder", source)["low"] > 0


def test_counts_are_those_of_a_slow_reading(stdlib):
    documents = planted(stdlib, 60, women=0.3)
    found = _found(documents, replace(SECTION, min_documents=1))
    terms = {group: set(words) for group, words in asked(SECTION).axes["gender"].items()}
    everyone = set.union(*terms.values())
    near, of = {}, {}
    for row in documents.iter_rows(named=True):
        words = words_in(row["text"])
        for group, own in terms.items():
            at = [place for place, word in enumerate(words) if word in own]
            of[group] = of.get(group, 0) + bool(at)
            for word in {words[p] for a in at for p in range(max(0, a - 8), min(len(words), a + 9))} - everyone:
                near[group, word] = near.get((group, word), 0) + 1
    rows = found.filter((pl.col("source") == ALL) & (pl.col("kind") == "word"))
    assert {(r["group"], r["term"]): r["near"] for r in rows.iter_rows(named=True) if r["near"]} == near
    assert dict(rows.select("group", "of").unique().rows()) == of


def test_the_interval_and_p_are_those_of_the_literature():
    """Against Woolf's formula written out, and against Fisher's exact test where both must agree."""
    spoken = pl.DataFrame(
        [(f"d{i}", "s", "a", "g" if i < 40 else "h", 1) for i in range(100)],
        schema=["doc_id", "source", "axis", "group", "mentions"],
        orient="row",
    )
    near = pl.DataFrame({"source": ["s", "s"], "axis": ["a", "a"], "group": ["g", "h"], "kind": ["word"] * 2,
                         "term": ["t", "t"], "near": [20, 10]})  # fmt: skip
    row = _row(associations(Counts(spoken, near), 1, 0.95), "g", "t", "s")
    a, b, c, d = 20.5, 20.5, 10.5, 50.5
    error = math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    assert row["log_odds"] == pytest.approx(math.log(a * d / (b * c)))
    assert row["high"] - row["low"] == pytest.approx(2 * norm.ppf(0.975) * error)
    exact = fisher_exact([[20, 20], [10, 50]]).pvalue
    assert row["p_value"] == pytest.approx(exact, rel=0.9)


def test_chance_alone_is_rarely_called_a_finding(stdlib):
    """Groups given out at random over real texts: false discoveries stay rare over twenty draws."""
    modules = stdlib.filter(pl.col("text").str.len_bytes().is_between(2000, 6000)).sort("path").head(150)
    section = replace(SECTION, lists=[], axes={"coin": {"heads": ["xyzheads"], "tails": ["xyztails"]}}, reweigh="")
    drawn, runs = 0, 20
    for seed in range(runs):
        draw = random.Random(seed)
        texts = []
        for text in modules["text"]:
            words = text.split(" ")
            words.insert(draw.randrange(len(words)), draw.choice(["xyzheads", "xyztails"]))
            texts.append(" ".join(words))
        documents = modules.select("doc_id", source=pl.lit("s")).with_columns(text=pl.Series(texts))
        found = _found(documents, section).filter(pl.col("source") == ALL)
        drawn += not strongest(found, 0.05).is_empty()
    assert drawn <= 3


def test_one_long_text_makes_no_association(stdlib):
    documents = planted(stdlib, 100, women=0.5)
    said = "she and the zeppelin. " * 500
    loud = pl.DataFrame([{"doc_id": "loud", "source": "web", "text": said, "group": "women", "job": ""}])
    found = _found(pl.concat([documents, loud]), replace(SECTION, min_documents=1))
    zeppelin = _row(found, "women", "zeppelin")
    assert zeppelin["near"] == 1
    assert zeppelin["low"] < 0


def test_phrases_topics_and_windows():
    groups = {"old": ["older people", "pensioners"], "young": ["teenagers"]}
    section = replace(
        SECTION, lists=[], axes={"age": groups}, topics={"work": ["job", "jobs"]}, window=2, min_documents=1, reweigh=""
    )
    texts = [
        "Older people want jobs",
        "older folk, people of note; job",
        "PENSIONERS: nothing here",
        "teenagers jobs older\npeople",
        "job far away from any of the teenagers",
        "folk who are older",
        "people with a job",
    ]
    documents = pl.DataFrame({"doc_id": list("abcdefg"), "source": ["s"] * 7, "text": texts})
    counts = count(documents, asked(section), section.window)
    assert set(counts.spoken.select("doc_id", "group").rows()) == {
        ("a", "old"), ("c", "old"), ("d", "old"), ("d", "young"), ("e", "young"),
    }  # fmt: skip
    topics = counts.near.filter(pl.col("kind") == "topic").select("group", "near")
    assert dict(topics.rows()) == {"old": 2, "young": 1}
    words = words_of(documents["text"])
    starts, covered = mentions(words, groups["old"])
    assert (starts.sum(), covered.sum()) == (3, 5)
    assert words.in_order()[:3] == ["older", "people", "want"]


def test_batches_change_nothing(stdlib, monkeypatch):
    documents = planted(stdlib, 120, women=0.4)
    whole = _found(documents)
    monkeypatch.setattr("model_factory.curation.bias.station.BATCH_DOCUMENTS", 17)
    assert _found(documents).equals(whole)


def _represented(documents: pl.DataFrame, section: Bias = SECTION) -> tuple[pl.DataFrame, Counts]:
    wanted = asked(section)
    counts = counted(documents, wanted, section.window)
    sources = sorted(documents["source"].unique())
    return representation(counts.spoken, sources, wanted.references, 0.95, section.max_factor, 5), counts


def test_an_under_represented_group_gets_its_factor(stdlib):
    documents = planted(stdlib, 300, women=0.2)
    groups, counts = _represented(documents)
    led = leads(counts.spoken).join(documents.select("doc_id", planted="group"), on="doc_id")
    assert (led["group"] == led["planted"]).all()
    assert len(led) == 300
    for source in ("web", "books"):
        mine = documents.filter(pl.col("source") == source)
        share = (mine["group"] == "women").mean()
        row = groups.row(by_predicate=(pl.col("source") == source) & (pl.col("group") == "women"), named=True)
        assert row["share"] == pytest.approx(share)
        assert row["low"] < share < row["high"] < row["reference"] == 0.5
        assert row["factor"] == pytest.approx(min(3.0, 0.5 / share))
    wide, _ = _represented(
        documents, replace(SECTION, max_factor=10.0, references={"gender": {"women": 0.4, "men": 0.6}})
    )
    for _, of_it in wide.group_by("source"):
        # Unbounded factors give exactly the reference, and as many documents as before.
        weights = of_it["led"] * of_it["factor"]
        assert weights.sum() == pytest.approx(of_it["led"].sum())
        assert dict(zip(of_it["group"], weights / weights.sum(), strict=True))["women"] == pytest.approx(0.4)


def test_groups_of_too_few_documents_have_no_factor(stdlib):
    documents = planted(stdlib, 100, women=0.02)
    groups, _ = _represented(documents)
    few = groups.filter(pl.col("led") < 5)
    assert not few.is_empty()
    assert set(few["factor"]) == {1.0}


def _packed(divided: pl.DataFrame, lineage):
    """A sequence for each document, under the stratum that it belongs to."""
    rows = divided.select(sequence_id=pl.col("source") + "-" + pl.col("doc_id"), source="source", split=pl.lit("train"))
    return lake.write("tokens.sequences", rows.to_arrow(), lineage("tokenize"))


def test_the_blend_brings_the_groups_to_their_reference(stdlib, lineage):
    documents = planted(stdlib, 300, women=0.25)
    source = lake.write("curated.documents", documents.select("doc_id", "source", "text").to_arrow(), lineage("curate"))
    made = stratify(SECTION, source, lineage("bias", source))
    assert made.table == "bias.strata"
    assert [parent.digest for parent in made.lineage.parents] == [source.digest]
    rows = pl.DataFrame(lake.read(made))
    assert set(rows["source"]) == {"web+women", "web+men", "books+women", "books+men"}
    assert rows.join(documents, on=["doc_id"]).filter(pl.col("of") != pl.col("source_right")).is_empty()
    sequences = _packed(rows, lineage)
    blended = reweigh(replace(PRETRAIN, blend={"web": 3.0, "books": 1.0}), made, sequences)
    assert sum(blended.blend.values()) == pytest.approx(4.0)
    assert blended.blend["web+women"] + blended.blend["web+men"] == pytest.approx(3.0)
    counts = dict(rows["source"].value_counts().rows())
    drawn = [pair for step in range(400) for pair in batch(17, blended.blend, step, 16, counts)]
    by = {name: sum(source == name for source, _ in drawn) for name in counts}
    for name in ("web", "books"):
        women, men = by[f"{name}+women"], by[f"{name}+men"]
        assert women / (women + men) == pytest.approx(0.5, abs=0.01)
        # Each document of the rarer group comes by its factor more often, and each of the other less.
        of_each = rows.group_by("source").agg(pl.col("factor").first())
        factors = dict(of_each.rows())
        often = (women / counts[f"{name}+women"]) / (men / counts[f"{name}+men"])
        assert often == pytest.approx(factors[f"{name}+women"] / factors[f"{name}+men"], rel=0.05)


def test_real_sequences_hold_documents_of_their_stratum_alone(stdlib, lineage):
    documents = planted(stdlib, 60, women=0.25)
    rows = documents.select("doc_id", "source", pl.col("text").str.slice(0, 400))
    source = lake.write("curated.documents", rows.to_arrow(), lineage("curate"))
    made = stratify(replace(SECTION, min_group_documents=1), source, lineage("bias", source))
    section = replace(TOKENIZE, vocab_size=300, sequence_length=64, heldout_fraction=0.1)
    tokenizer = train_tokenizer(section, source, lineage("tokenize"))
    packed = pl.DataFrame(lake.read(pack(section, source, tokenizer, lineage("tokenize"), strata=made)))
    of_document = dict(lake.read(made, ["doc_id", "source"]).to_pandas().itertuples(index=False))
    assert len(set(packed["source"])) == 4
    for name, ids in packed.select("source", "doc_ids").iter_rows():
        assert {of_document[doc_id] for doc_id in ids} == {name}
    assert set(packed["doc_ids"].explode()) == set(rows["doc_id"])
    assert not any(
        "+" in name for name in lake.read(pack(section, source, tokenizer, lineage("tokenize")))["source"].to_pylist()
    )


def test_a_report_alone_changes_no_blend(stdlib, lineage):
    documents = planted(stdlib, 80, women=0.25)
    source = lake.write("curated.documents", documents.select("doc_id", "source", "text").to_arrow(), lineage("curate"))
    made = stratify(replace(SECTION, reweigh=""), source, lineage("bias", source))
    assert made == source
    assert reweigh(PRETRAIN, made, made) is PRETRAIN
    assert lake.head("bias.groups").num_rows == 6


def test_two_runs_have_equal_digests(stdlib, lineage):
    documents = planted(stdlib, 120, women=0.25)
    rows = documents.select("doc_id", "source", "text")
    digests = []
    for seed in (1, 2):
        shuffled = rows.sample(fraction=1.0, shuffle=True, seed=seed)
        source = lake.write("curated.documents", shuffled.to_arrow(), lineage("curate"))
        made = stratify(SECTION, source, lineage("bias", source))
        digests.append([made.digest, *(lake.head(name).digest for name in ("bias.groups", "bias.associations"))])
    assert digests[0] == digests[1]


def test_documents_of_no_group_stay_in_their_source(stdlib):
    documents = planted(stdlib, 60, women=0.2)
    silent = pl.DataFrame(
        [{"doc_id": "none", "source": "web", "text": "x = 1"}, {"doc_id": "tied", "source": "web", "text": "she, he"}]
    )
    everything = pl.concat([documents.select("doc_id", "source", "text"), silent])
    groups, counts = _represented(everything)
    rows = strata(everything, counts.spoken, groups, "gender")
    assert rows.filter(pl.col("doc_id").is_in(["none", "tied"])).select("source", "factor").unique().rows() == [
        ("web", 1.0)
    ]
    assert sorted(rows["doc_id"]) == sorted(everything["doc_id"])


def test_the_page_says_who_is_under_represented_and_escapes_what_it_shows(stdlib):
    documents = planted(stdlib, 200, women=0.2).with_columns(
        source=pl.when(pl.col("source") == "web").then(pl.lit("<script>")).otherwise("source")
    )
    groups, counts = _represented(documents)
    found = associations(counts, 5, 0.95)
    html = page(SECTION, groups, found, asked(SECTION).sources)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert html.count('class="under">under') == 3
    assert "welder" in html
    assert "arXiv 1607.06520" in html


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lists": ["gendr"]}, "bias.lists: 'gendr' is not in the registry; did you mean 'gender'?"),
        ({"lists": [], "reweigh": ""}, "bias: nothing to count; name a list (gender, religion)"),
        ({"reweigh": "age"}, "bias.reweigh: there is no axis 'age'; there are: gender"),
        ({"references": {"gendr": {"women": 1.0}}}, "bias.references.gendr: there is no axis 'gendr'; did you mean"),
        ({"references": {"gender": {"women": 1.0}}}, "bias.references.gender: has women; give each of men, women"),
        ({"axes": {"age": {"old": ["old"]}}}, "bias.axes.age: one group has nothing to be compared with"),
        ({"axes": {"age": {"old": ["old"], "young": ["OLD"]}}}, "bias.axes.age: 'old' speaks of old and of young"),
        ({"axes": {"age": {"old": ["42"], "young": ["kid"]}}}, "bias.axes.age.old: ['42'] holds no word of letters"),
        ({"axes": {"age": {"a+b": ["old"], "young": ["kid"]}}}, "bias.axes.age.a+b: a group's name follows"),
    ],
)
def test_questions_that_cannot_be_asked(change, message):
    with pytest.raises(CardError) as refused:
        asked(replace(SECTION, **change))
    assert message in str(refused.value)


def test_words_are_runs_of_letters():
    assert words_in("self.win32_path, don’t; ÉCOLE naïve—x2") == ["self", "win", "path", "don’t", "école", "naïve", "x"]
    assert words_of(pl.Series(["", "a"])).document_T.tolist() == [1]
    assert np.array_equal(words_of(pl.Series(["b a b"])).by_document()[1], [0, 1])
