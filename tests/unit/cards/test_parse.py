"""Cards are refused with file, line, constraint and cure; equal cards have equal digests."""

from pathlib import Path

import pytest

from model_factory.cards.card import Card
from model_factory.cards.errors import CardError
from model_factory.cards.frontmatter import read_values
from model_factory.cards.parse import parse
from model_factory.cards.resolve import recipe_of, resolve
from model_factory.nouns.home import checkout

LAPTOP = checkout() / "configs" / "laptop.md"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = LAPTOP.read_text()
    assert old in text, f"the laptop card has no {old!r}: the test would change nothing"
    path = tmp_path / "card.md"
    path.write_text(text.replace(old, new, 1))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(CardError) as caught:
        resolve(Card.read(path))
    return str(caught.value)


def line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_every_card_in_configs_parses() -> None:
    for path in sorted((checkout() / "configs").glob("*.md")):
        assert parse(Card.read(path)).name


def test_unknown_key_names_line_and_nearest(tmp_path: Path) -> None:
    path = changed(tmp_path, "group_size:", "gruop_size:")
    message = refusal(path)
    assert f"{path}:{line_of(path, 'gruop_size')}: rl.gruop_size: unknown key; did you mean 'group_size'?" in message
    assert "rl.group_size: missing" in message


def test_unknown_key_of_an_optional_map_names_the_nearest(tmp_path: Path) -> None:
    path = changed(tmp_path, "substrings: null", "substrings: {min_word: 50}")
    assert "deduplicate.substrings.min_word: unknown key; did you mean 'min_words'?" in refusal(path)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("sequence_length: 256", "sequence_length: '256'", "valid integer"),
        ("heldout_fraction: 0.02", "heldout_fraction: 2", "less than or equal to 1"),
        ("tie_embeddings: true", "tie_embeddings: yes", "valid boolean"),
        ("kind: cosine", "kind: cosign", "'cosine'"),
    ],
)
def test_ill_typed_values_are_refused_with_the_constraint(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = changed(tmp_path, old, new)
    message = refusal(path)
    assert message.startswith(f"{path}:{line_of(path, new)}: ")
    assert expected in message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("num_heads: 6", "num_heads: 5", "5 does not divide hidden_size"),
        ("problems_per_step: ", "problems_per_step: 1 # ", "not divisible by mesh.dp_replicate 2; use 2"),
        ("min_ops: 2", "min_ops: 9", "9 is above max_ops"),
        ("blend: {stdlib:", "blend: {stlib:", "no such source; ingest.sources has packages, readmes, stdlib"),
        ("reuse: {pretrain:", "reuse: {pretraining:", "no such station"),
        ("min_words: 8", "min_words: 14", "14 is above ngram 13"),
    ],
)
def test_contradictions_name_the_field_and_the_cure(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in refusal(changed(tmp_path, old, new))


def test_a_name_outside_its_registry_is_refused(tmp_path: Path) -> None:
    assert "did you mean 'grpo'" in refusal(changed(tmp_path, "algorithm: grpo", "algorithm: grop"))


def test_key_written_twice_is_refused(tmp_path: Path) -> None:
    assert "'seed' is written twice" in refusal(changed(tmp_path, "seed: 17", "seed: 17\nseed: 18"))


def test_extends_merges_maps_replaces_lists_and_null_removes(tmp_path: Path) -> None:
    (tmp_path / "base.md").write_text(LAPTOP.read_text())
    child = tmp_path / "child.md"
    child.write_text(
        "---\nextends: base.md\nname: child\nrl: {group_size: 4}\nreuse: {pretrain: null}\n"
        "evaluate: {benchmarks: [bits_per_byte]}\n---\n"
    )
    base, mine = parse(Card.read(tmp_path / "base.md")), parse(Card.read(child))
    assert mine.rl.group_size == 4
    assert mine.rl.num_steps == base.rl.num_steps
    assert mine.evaluate.benchmarks == ["bits_per_byte"]
    assert base.reuse
    assert mine.reuse == {}


def test_error_in_a_parent_names_the_parents_line(tmp_path: Path) -> None:
    base = changed(tmp_path, "group_size:", "gruop_size:")
    child = tmp_path / "child.md"
    child.write_text("---\nextends: card.md\nname: child\n---\n")
    assert f"{base}:{line_of(base, 'gruop_size')}" in refusal(child)


def test_a_card_that_extends_itself_is_refused(tmp_path: Path) -> None:
    for name, parent in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.md").write_text(f"---\nextends: {parent}.md\nname: {name}\n---\n")
    assert "extends itself" in refusal(tmp_path / "a.md")


def test_missing_parent_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\nextends: nowhere.md\nname: a\n---\n")
    assert "nowhere.md: no such card (named by `extends`)" in refusal(tmp_path / "a.md")


def test_dict_to_markdown_to_card_keeps_the_digest(tmp_path: Path) -> None:
    values = read_values(Card.read(LAPTOP)).tree
    rendered = tmp_path / "rendered.md"
    rendered.write_text(Card.from_dict(values, prose="# Another text\n").markdown())
    assert recipe_of(parse(Card.read(rendered))) == recipe_of(parse(Card.read(LAPTOP)))


def test_prose_and_placement_are_not_science(tmp_path: Path) -> None:
    path = changed(tmp_path, "placement: {profile: laptop}", "placement: {profile: h100, queue: urgent}")
    path.write_text(path.read_text() + "\nMore prose.\n")
    assert recipe_of(parse(Card.read(path))) == recipe_of(parse(Card.read(LAPTOP)))


def test_science_is(tmp_path: Path) -> None:
    path = changed(tmp_path, "seed: 17", "seed: 18")
    assert recipe_of(parse(Card.read(path))) != recipe_of(parse(Card.read(LAPTOP)))


def test_order_of_keys_does_not_change_the_sections(tmp_path: Path) -> None:
    values = read_values(Card.read(LAPTOP)).tree
    reversed_filters = dict(reversed(list(values["curate"]["filters"].items())))
    shuffled = values | {"curate": values["curate"] | {"filters": reversed_filters}}
    mine = resolve(Card.from_dict(shuffled)).curate
    assert list(mine.filters) == list(resolve(Card.read(LAPTOP)).curate.filters)
