"""How far something has come, for whoever is watching."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds between two plain lines.
_SAY_EVERY_S = 10.0


class Progress:
    """A count towards `total`; `advance` tells how much was done since the last call."""

    def __init__(self, total: int, title: str, unit: str) -> None:
        self.total, self.title, self.unit = total, title, unit
        self.done, self.note = 0, ""
        self.started = time.monotonic()

    def advance(self, n: int = 1, note: str = "") -> None:
        self.done += n
        self.note = note or self.note

    def line(self) -> str:
        """Done, rate and time left, in words."""
        elapsed = max(time.monotonic() - self.started, 1e-9)
        rate = self.done / elapsed
        left = f", {_span((self.total - self.done) / rate)} left" if 0 < self.done < self.total else ""
        note = f" · {self.note}" if self.note else ""
        return f"{self.title}: {self.done:,}/{self.total:,} {self.unit} in {_span(elapsed)}, {rate:.1f}/s{left}{note}"


class _Lines(Progress):
    """A line every ten seconds; short work passes in silence."""

    def __init__(self, total: int, title: str, unit: str) -> None:
        super().__init__(total, title, unit)
        self.said = self.started

    def advance(self, n: int = 1, note: str = "") -> None:
        super().advance(n, note)
        if time.monotonic() - self.said >= _SAY_EVERY_S:
            self.said = time.monotonic()
            print(self.line(), flush=True)


@contextmanager
def progress(total: int, title: str, unit: str) -> Iterator[Progress]:
    """Count `total` of `unit` towards an end: a bar with rate and time left on a terminal, plain lines
    elsewhere, silence in every process of a mesh but the first."""
    if os.environ.get("RANK", "0") != "0":
        yield Progress(total, title, unit)
    elif sys.stderr.isatty():
        with _bar(total, title, unit) as bar:
            yield bar
    else:
        lines = _Lines(total, title, unit)
        yield lines
        if lines.said != lines.started:
            print(lines.line(), flush=True)


@contextmanager
def _bar(total: int, title: str, unit: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]} {task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with RichProgress(*columns, console=Console(stderr=True)) as rich:
        task = rich.add_task(title, total=total, unit=unit, rate="", note="")

        class Bar(Progress):
            def advance(self, n: int = 1, note: str = "") -> None:
                super().advance(n, note)
                rate = f"{self.done / max(time.monotonic() - self.started, 1e-9):.1f}/s"
                rich.update(task, advance=n, rate=rate, note=self.note)

        yield Bar(total, title, unit)


def _span(seconds: float) -> str:
    whole = int(seconds)
    return (
        f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
        if whole >= 3600
        else f"{whole // 60}:{whole % 60:02}"
    )
