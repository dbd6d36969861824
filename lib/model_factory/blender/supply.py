"""Which of its rows a source gives next, while its table grows or is replaced under it."""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from model_factory.blender.log import Supply
from model_factory.blender.permutation import permute_many


@dataclass(frozen=True)
class Stage:
    """A source from one change of its supply to the next.

    Epochs are permutations of all rows, named by (seed, source, epoch). Where a supply continues another
    in the middle of an epoch, the first epoch of the new stage has what the old one had left and the rows
    that were added, shuffled together: nothing that was `seen` comes again before all have come.
    `before` is that other stage, of which `before_drawn` rows were drawn.
    """

    seed: int
    source: str
    supply: Supply
    first_epoch: int = 0
    epoch_zero: int = 0
    seen: int = 0
    before: "Stage | None" = None
    before_drawn: int = 0

    def indices(self, drawn: np.ndarray) -> np.ndarray:
        """Rows of the supply, for the numbers (from 0, since the stage began) in which they are drawn."""
        size, left = self.supply.num_rows, self.supply.num_rows - self.seen
        found = np.empty(len(drawn), dtype=np.int64)
        first = drawn < left
        found[first] = self._first_epoch(drawn[first])
        epochs, positions = np.divmod(drawn - left, size)
        for epoch in np.unique(epochs[~first]):
            mine = ~first & (epochs == epoch)
            found[mine] = permute_many(positions[mine], size, *self._key(self.first_epoch + 1 + int(epoch)))
        return found

    def _first_epoch(self, drawn: np.ndarray) -> np.ndarray:
        size = self.supply.num_rows
        if self.before is None:
            return permute_many(drawn, size, *self._key(self.first_epoch))
        old_size = self.before.supply.num_rows
        old_left = old_size - self.seen
        places = permute_many(drawn, size - self.seen, *self._key(self.first_epoch), "grown", size)
        found = old_size + places - old_left
        old = places < old_left
        found[old] = self.before.indices(self.before_drawn + places[old])
        return found

    def _key(self, epoch: int) -> tuple[object, ...]:
        return self.seed, self.source, epoch

    def position(self, drawn: int) -> tuple[int, int]:
        """(epoch, rows drawn of it) after `drawn` rows; an epoch that is drawn to its end is not left yet."""
        left = self.supply.num_rows - self.seen
        if drawn <= left:
            return self.first_epoch, self.seen + drawn
        epochs, position = divmod(drawn - left - 1, self.supply.num_rows)
        return self.first_epoch + 1 + epochs, position + 1

    def limit(self, max_epochs: float) -> int:
        """How many rows the stage may give in all until each has come `max_epochs` times."""
        size, whole = self.supply.num_rows, self.first_epoch - self.epoch_zero
        return max(0, int(Fraction(str(max_epochs)) * size) - whole * size - self.seen)

    def then(self, supply: Supply, drawn: int) -> tuple["Stage", int]:
        """The stage after this one gave `drawn` rows and its supply changed, and how many rows of it are drawn."""
        size, old_size = supply.num_rows, self.supply.num_rows
        if (supply.snapshot, size) == (self.supply.snapshot, old_size) or (supply.continues and size == old_size):
            return replace(self, supply=supply), drawn
        if supply.continues and not drawn and self.before:
            return self.before.then(supply, self.before_drawn)
        epoch, seen = self.position(drawn)
        if not seen:
            return Stage(self.seed, self.source, supply, epoch, epoch), 0
        if not supply.continues:
            return Stage(self.seed, self.source, supply, epoch + 1, epoch + 1), 0
        return Stage(self.seed, self.source, supply, epoch, self.epoch_zero, seen, self, drawn), 0
