"""What a run draws from its first step to its last, amended on the way."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from model_factory import lake, ledger
from model_factory.blender.amendments import finder, held_by, log_of, section_with
from model_factory.blender.log import BlendLog, encode
from model_factory.blender.log_file import begin, log_path, open_log, read_log
from model_factory.blender.stream import Batch, Stream
from model_factory.blender.tokens import Tokens
from model_factory.cards.pretrain import Pretrain
from model_factory.nouns import Snapshot, Tokenizer, station_key
from model_factory.trainer.learner import Learner
from model_factory.trainer.processes import TIMEOUT_S, Processes
from model_factory.trainer.recovery import Recovery, station_folder

# Threads that read ahead: one is ahead of any step that trains.
READERS = 1


class Blending:
    """The blend of one run: the card's, and what is added to the run's log while it goes.

    Steps after such an amendment are another recipe's. They are kept in the folder of the section that asks for
    it from the start, so the card's own folder never holds anything but what the card asks for. `recovery` is
    told where to keep them.
    """

    def __init__(
        self, section: Pretrain, sequences: Snapshot, tokenizer: Tokenizer, recovery: Recovery, processes: Processes
    ) -> None:
        self.section, self.recovery, self.processes = section, recovery, processes
        self.path = log_path(recovery.lineage.run_digest, station_key("pretrain", section, sequences, tokenizer))
        self._inputs, self._find = (sequences, tokenizer), finder(sequences)
        self._parents, self._locks = recovery.lineage.parents, ExitStack()
        self._stream: Stream | None = None
        self._batches: Iterator[Batch] | None = None
        mine = read_log(self.path)
        self._take(processes.first_says(len(mine.entries) if mine else 0, "the length of the blend's log"))

    @property
    def is_amended(self) -> bool:
        """Whether the run draws otherwise than its card says."""
        return len(self.recovery.earlier) > 0

    def open(self, training: Tokens) -> None:
        """Begin to read, by the run's log, which is made of the card's blend where there is none yet."""
        opening = log_of(self.section, training, self._find)
        self._hold_folder()
        if self.processes.rank == 0:
            open_log(self.path, opening)
        self.processes.wait("the blend's log")
        log = self._take(max(len(self.log.entries) if self.log else 0, len(opening.entries)))
        assert log is not None
        held = held_by(log, self._find)
        self._stream = Stream(log, held, self.processes.rank, self.processes.size, READERS, TIMEOUT_S)

    def resume(self, learner: Learner) -> None:
        """Go on from the newest step that was drawn by the run's log; none is no error."""
        step = self.recovery.newest(self.processes)
        while self._begin(step - 1):
            step = self.recovery.newest(self.processes)
        self.recovery.load(learner, step)

    def batch(self, step: int) -> Batch:
        """This process's rows of the next step, drawn by what the log says now; every process calls it.

        An amendment that was recorded before the call holds from this step on if it names it or an earlier one;
        none that comes later can.
        """
        self._begin(step)
        assert self._stream is not None
        if self._batches is None:
            self._batches = self._stream.batches(step, self.section.num_steps)
        return next(self._batches)

    def _begin(self, step: int) -> bool:
        """Settle what `step` and all before it are drawn by; whether amendments have come since the last time."""
        known = len(begin(self.path, step).entries) if self.processes.rank == 0 else 0
        known = self.processes.first_says(known, f"whether step {step} is amended")
        if self.log is not None and known <= len(self.log.entries):
            return False
        log = self._take(known)
        assert self._stream is not None
        assert log is not None
        self._stream.amend(log, held_by(log, self._find))
        self._hold_folder()
        return True

    def _hold_folder(self) -> None:
        """One run at a time writes to a folder: that of an amended run may be another card's."""
        if self.processes.rank == 0:
            self._locks.enter_context(ledger.exclusive(self.recovery.folder.name, TIMEOUT_S / 2))

    def _take(self, num_entries: int) -> BlendLog | None:
        """Go by the first `num_entries` of the log; none where the run has not opened it."""
        found = read_log(self.path) if num_entries else None
        if num_entries and (found is None or len(found.entries) < num_entries):
            raise RuntimeError(
                f"process {self.processes.rank} does not find the {num_entries} entries of {self.path} that the first "
                "process read; the state folder must be one for all processes of the mesh"
            )
        self.log = replace(found, entries=found.entries[:num_entries]) if found else None
        self._place()
        return self.log

    def _place(self) -> None:
        """Tell recovery where the steps of every stretch between amendments lie, and what they depend on."""
        log, own = self.log, 1 + len(self.section.amendments)
        sizes = range(own + 1, len(log.entries) + 1) if log else ()
        parts = [replace(log, entries=log.entries[:size]) for size in sizes] if log else []
        lasts = [part.entries[-1].step for part in parts]
        sections = [self.section, *(section_with(self.section, part) for part in parts)]
        folders = [station_folder("pretrain", section, *self._inputs) for section in sections]
        self.recovery.earlier, self.recovery.folder = list(zip(lasts, folders, strict=False)), folders[-1]
        self.recovery.marks["blend"] = encode(self.log) if self.log else ""
        digests = {digest for amendment in sections[-1].amendments for digest in amendment.snapshots.values()}
        added = [lake.find(digest).as_parent() for digest in sorted(digests)]
        self.recovery.lineage = replace(self.recovery.lineage, parents=[*self._parents, *added])

    def num_tokens(self, step: int) -> int:
        """Tokens of a step's rows in all processes."""
        assert self._stream is not None
        return self._stream.num_tokens(step)

    def close(self) -> None:
        self._locks.close()
        if self._stream:
            self._stream.close()
