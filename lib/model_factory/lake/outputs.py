"""Remember the files of a write, to remove them if it cannot be finished."""

import contextlib

from pyiceberg.io import FileIO, InputFile, OutputFile


class Outputs(FileIO):
    """A FileIO that keeps the locations it made; `inner` does the work."""

    def __init__(self, inner: FileIO) -> None:
        super().__init__(inner.properties)
        self.inner = inner
        self.locations: list[str] = []

    def new_input(self, location: str) -> InputFile:
        return self.inner.new_input(location)

    def new_output(self, location: str) -> OutputFile:
        self.locations.append(location)
        return self.inner.new_output(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        self.inner.delete(location)

    def remove(self) -> None:
        """Delete everything written so far; files that never came to be are no matter."""
        for location in self.locations:
            with contextlib.suppress(OSError):
                self.inner.delete(location)
