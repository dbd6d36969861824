"""Snapshots to batches: the rows are the lake's, whoever reads them, from wherever and with however many threads."""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pytest
from fsspec.implementations.local import LocalFileSystem

from model_factory import lake
from model_factory.blender import BlendLog, Entry, Order, Supply, amended, constant
from model_factory.blender import shared as shared_module
from model_factory.blender.build import CacheTooSmall
from model_factory.blender.cache import Cache, WaitedTooLong
from model_factory.blender.shared import Limits, open_shared, share
from model_factory.blender.stream import Stream, continued, supplies
from model_factory.blender.tokens import TOKENS, Tokens
from tests.unit.blender.rows import more, sequences, written


def log_of(tokens: Tokens, interleave: str = "even", batch_size: int = 12) -> BlendLog:
    return constant(7, interleave, {"web": 0.5, "code": 0.3, "books": 0.2}, batch_size, supplies(tokens))


@pytest.mark.parametrize(("length", "vocab_size", "width"), [(0, 3000, 2), (16, 65536, 2), (16, 65537, 4)])
def test_every_row_of_every_batch_is_the_lakes(cache: Cache, length: int, vocab_size: int, width: int) -> None:
    rows = sequences(300, length=length, vocab_size=vocab_size)
    if vocab_size > 3000:
        rows = rows.set_column(3, "tokens", pa.array([[vocab_size - 1] * length, *rows["tokens"].to_pylist()[1:]]))
        rows = rows.set_column(2, "split", pa.array(["train", *rows["split"].to_pylist()[1:]]))
    tokens = cache.open(written(rows), "train")
    expected = {row["sequence_id"]: row for row in rows.to_pylist() if row["split"] == "train"}
    seen = set()
    for batch in Stream(log_of(tokens), {tokens.digest: tokens}).batches(0, 40):
        assert batch.tokens.dtype.itemsize == width
        for index in range(len(batch)):
            row = batch.row(index)
            stored = expected[row.sequence_id]
            assert (row.source, row.tokens.tolist(), row.boundaries.tolist()) == (
                stored["source"], stored["tokens"], stored["boundaries"],
            )  # fmt: skip
            seen.add(row.sequence_id)
        if length:
            assert batch.matrix().shape == (12, length)
    assert len(seen) == len(expected)


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_threads_and_world_sizes_change_nothing(cache: Cache, workers: int) -> None:
    tokens = cache.open(written(sequences(200)), "train")
    held = {tokens.digest: tokens}
    straight = [row for batch in Stream(log_of(tokens), held).batches(0, 30) for row in ids(batch)]
    elastic: list[str] = []
    for first, last, world_size in [(0, 4, 1), (4, 9, 2), (9, 15, 8), (15, 21, 3), (21, 30, 32)]:
        streams = [Stream(log_of(tokens), held, rank, world_size, workers) for rank in range(world_size)]
        parts = [list(stream.batches(first, last)) for stream in streams]
        for step in range(last - first):
            elastic += [row for part in parts for row in ids(part[step])]
        for stream in streams:
            stream.close()
    assert elastic == straight


def ids(batch: "object") -> list[str]:
    return [batch.row(index).sequence_id for index in range(len(batch))]  # type: ignore[arg-type, attr-defined]


@pytest.mark.parametrize("workers", [0, 3])
def test_an_amendment_holds_from_its_step_on_though_more_was_read_ahead(cache: Cache, workers: int) -> None:
    old = cache.open(written(sequences(200)), "train")
    new = cache.open(written(pa.concat_tables([sequences(200), more(200, 60)])), "train")
    grown = {source: continued(old, new, source) for source in new.sources}
    assert all(supply.continues for supply in grown.values())
    log = log_of(old)
    changed = amended(log, Entry(6, 12, {"web": 1.0, "code": 1.0}, grown))
    stream = Stream(log, {old.digest: old}, workers=workers)
    got = []
    for batch in stream.batches(0, 20):
        got.append(ids(batch))
        if batch.step == 5:
            stream.amend(changed, {new.digest: new})
    whole = Stream(changed, {old.digest: old, new.digest: new})
    assert got == [ids(whole.batch(step)) for step in range(20)]
    assert {name.partition("-")[0] for name in got[6]} == {"web", "code"}
    drawn = [name for batch in got for name in batch if name.startswith("code")]
    assert len(drawn) > len(new.sources["code"])
    assert len(set(drawn[: len(new.sources["code"])])) == len(new.sources["code"]), "none again before all came"
    stream.close()


def test_rows_that_changed_do_not_continue(cache: Cache) -> None:
    rows = sequences(60)
    old = cache.open(written(rows), "train")
    other = rows.to_pylist()
    other[next(i for i, row in enumerate(other) if row["source"] == "web" and row["split"] == "train")]["tokens"][
        0
    ] ^= 1
    new = cache.open(written(pa.Table.from_pylist(other)), "train")
    assert not continued(old, new, "web").continues
    assert continued(old, new, "code") == Supply(new.digest, len(new.sources["code"]), continues=True)
    fewer = cache.open(written(rows.slice(0, 40)), "train")
    assert not continued(old, fewer, "code").continues


def test_a_log_of_other_rows_is_refused(cache: Cache) -> None:
    tokens = cache.open(written(sequences(60)), "train")
    log = log_of(tokens)
    with pytest.raises(KeyError, match=r"books is to come from .*whose tokens are not open"):
        Stream(log, {})
    wrong = replace(tokens, index=tokens.index.slice(0, 20))
    with pytest.raises(ValueError, match=r"the log gives code \d+ rows of snapshot .* which has \d+; .*another split"):
        Stream(log, {tokens.digest: wrong})


def test_a_snapshot_is_read_once_and_another_process_maps_the_same_file(cache: Cache, home: Path) -> None:
    snapshot = written(sequences(60))
    made = cache.open(snapshot, "train")
    stamp = {path: path.stat().st_mtime_ns for path in cache.folder.rglob(TOKENS)}
    script = (
        "import sys; from pathlib import Path\n"
        "from model_factory import lake; from model_factory.blender.cache import Cache\n"
        "print(Cache(Path(sys.argv[1])).open(lake.head('tokens.sequences'), 'train').ids[5])"
    )
    again = subprocess.run(
        [sys.executable, "-c", script, str(cache.folder)], capture_output=True, text=True, timeout=60
    )
    assert again.stdout.split() == [made.ids[5]], again.stderr
    assert {path: path.stat().st_mtime_ns for path in cache.folder.rglob(TOKENS)} == stamp
    assert len(stamp) == 1


def test_who_waits_for_a_file_names_who_makes_it(cache: Cache) -> None:
    snapshot = written(sequences(60))
    hasty, inside, done = replace(cache, timeout_s=0.2), threading.Event(), threading.Event()

    def hold() -> None:
        with cache._locked(cache.folder / f"{snapshot.digest}-train", "it"):
            inside.set()
            done.wait(30)

    cache.folder.mkdir()
    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(30)
    with pytest.raises(WaitedTooLong, match=r"waited 0 s for process \d+ +to make the tokens of tokens\.sequences@"):
        hasty.open(snapshot, "train")
    done.set()
    holder.join()
    assert len(hasty.open(snapshot, "train")) == 54


def test_the_cache_is_bounded_and_keeps_what_is_read(cache: Cache) -> None:
    """Three snapshots, room for about two: what another process made and left goes, oldest first."""
    snapshots = [written(sequences(60, seed=seed)) for seed in range(3)]
    cache.open(snapshots[0], "train")
    size = sum(path.stat().st_size for path in cache.folder.rglob("*") if path.is_file())
    script = (
        "import sys; from pathlib import Path\n"
        "from model_factory import lake; from model_factory.blender.cache import Cache\n"
        "for id in sys.argv[3:]:\n"
        "    Cache(Path(sys.argv[1]), int(sys.argv[2])).open(lake.snapshot_at('tokens.sequences', int(id)), 'train')"
    )
    command = [sys.executable, "-c", script, str(cache.folder), str(int(size * 2.5))]
    subprocess.run([*command, str(snapshots[1].snapshot_id)], check=True, timeout=60)
    subprocess.run([*command, str(snapshots[2].snapshot_id)], check=True, timeout=60)
    kept = {path.parent.name.split("-")[0] for path in cache.folder.rglob(TOKENS)}
    # The first is the oldest, but this process has it open.
    assert kept == {snapshots[0].digest, snapshots[2].digest}
    with pytest.raises(CacheTooSmall, match=r"are more than the cache's 0 MiB; raise the limit, or stream them"):
        Cache(cache.folder, 100).open(snapshots[1], "train")
    assert cache.forget(snapshots[0].digest) > 0
    assert not list(cache.folder.glob(f"{snapshots[0].digest}-*"))


def test_a_file_that_was_killed_half_written_is_made_anew(cache: Cache) -> None:
    snapshot = written(sequences(60))
    half = cache.folder / f"{snapshot.digest}-train"
    half.mkdir(parents=True)
    (half / TOKENS).write_bytes(b"\1\2")
    assert len(cache.open(snapshot, "train")) == 54


class Bucket(LocalFileSystem):
    """Object storage that counts what it is asked for and can stand still."""

    protocol = "bucket"
    asked: list[int] = []
    stuck: threading.Event | None = None

    def cat_ranges(self, paths: list[str], starts: list[int], ends: list[int], **options: object) -> list[bytes]:
        Bucket.asked.append(len(paths))
        if Bucket.stuck:
            Bucket.stuck.wait(30)
        return super().cat_ranges(paths, starts, ends, **options)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.removeprefix("bucket://"))


@pytest.fixture
def bucket(tmp_path: Path) -> str:
    fsspec.register_implementation("bucket", Bucket, clobber=True)
    Bucket.asked, Bucket.stuck = [], None
    return f"bucket://{tmp_path}/bucket/tokens"


@pytest.mark.parametrize("workers", [0, 4])
def test_from_object_storage_come_the_same_rows_through_a_bounded_cache(
    cache: Cache, bucket: str, tmp_path: Path, workers: int
) -> None:
    tokens = cache.open(written(sequences(6000)), "train")
    share(cache.place(lake.head("tokens.sequences"), "train"), bucket)
    limits = Limits(block_bytes=512, max_bytes=60_000, timeout_s=30)
    remote = open_shared(bucket, tmp_path / "blocks", limits)
    expected = Stream(log_of(tokens), {tokens.digest: tokens})
    stream = Stream(log_of(tokens), {remote.digest: remote}, workers=workers)
    for batch in stream.batches(0, 60):
        other = expected.batch(batch.step)
        assert ids(batch) == ids(other)
        assert np.array_equal(batch.tokens, other.tokens)
        size = sum(size for folder in (tmp_path / "blocks").iterdir() for _, size, _ in shared_module._files(folder))
        assert size <= limits.max_bytes
    assert len(tokens.read(np.arange(len(tokens)))) * 2 > 3 * limits.max_bytes, "the cache could hold it all"
    # A batch's blocks are asked for together.
    assert len(Bucket.asked) <= 60 + 2 * workers + 1
    stream.close()


def test_storage_that_does_not_answer_is_named(cache: Cache, bucket: str, tmp_path: Path) -> None:
    tokens = cache.open(written(sequences(60)), "train")
    share(cache.place(lake.head("tokens.sequences"), "train"), bucket)
    remote = open_shared(bucket, tmp_path / "blocks", Limits(timeout_s=0.2))
    Bucket.stuck = threading.Event()
    with pytest.raises(WaitedTooLong, match=r"waited 0 s for \d+ blocks of .*/bucket/tokens/tokens\.bin .*'?bucket"):
        Stream(log_of(tokens), {remote.digest: remote}).batch(0)
    patient = open_shared(bucket, tmp_path / "blocks", Limits(timeout_s=20))
    stream = Stream(log_of(tokens), {patient.digest: patient}, rank=1, world_size=3, workers=1, timeout_s=0.2)
    with pytest.raises(WaitedTooLong, match=r"rank 1 of 3 .* waited 0 s for the rows of step 0 from its 1 reading"):
        next(stream.batches(0, 2))
    Bucket.stuck.set()
    stream.close()
    assert len(open_shared(bucket, tmp_path / "blocks", Limits()).read(np.arange(3)))
    with pytest.raises(FileNotFoundError, match=r"holds no finished token files; put them there with `share`"):
        open_shared(f"{bucket}-nowhere", tmp_path / "blocks", Limits())


def test_a_cut_off_object_is_not_taken_for_tokens(cache: Cache, bucket: str, tmp_path: Path) -> None:
    cache.open(written(sequences(60)), "train")
    share(cache.place(lake.head("tokens.sequences"), "train"), bucket)
    file = Path(bucket.removeprefix("bucket://")) / TOKENS
    file.write_bytes(file.read_bytes()[:-10])
    remote = open_shared(bucket, tmp_path / "blocks", Limits())
    with pytest.raises(OSError, match=r"cut off; share it again"):
        remote.read(np.arange(len(remote)))
    assert shared_module.BLOCK_BYTES == 1 << 20


def test_a_split_without_rows_says_what_to_change(cache: Cache) -> None:
    rows = sequences(30)
    with pytest.raises(ValueError, match=r"has no heldout sequences; change tokenize\.heldout_fraction"):
        cache.open(written(rows.filter(pa.compute.equal(rows["split"], "train"))), "heldout")
    assert Order(log_of(cache.open(lake.head("tokens.sequences"), "train"))).step(0)
