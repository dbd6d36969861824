"""Where a step's seconds went; for the log book alone."""

import time


class Clock:
    """`laps` maps names to seconds since the lap before."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self.then = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = now - self.then
        self.then = now
