"""An error that names its cure is told in its own words; a traceback above it only hides it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flytekit import FlyteContextManager
from flytekit.exceptions.user import FlyteUserRuntimeException

# As a traceback's last line names an exception of ours.
_OURS = re.compile(r"^model_factory\.[\w.]+: ", re.MULTILINE)


@contextmanager
def told() -> Iterator[None]:
    """Where somebody typed the command, our own errors end it with their message alone; `pyflyte -v` shows where
    they were raised, and so does everything that runs without a terminal's command."""
    try:
        yield
    except Exception as error:
        message = _of_process(error) if isinstance(error, FlyteUserRuntimeException) else _own(error)
        if not message or not _typed():
            raise
        raise click.ClickException(message) from error


def _own(error: Exception) -> str:
    return str(error) if type(error).__module__.startswith("model_factory.") else ""


def _of_process(error: FlyteUserRuntimeException) -> str:
    """What the process of a mesh that failed first had to say, as torch elastic's error file has it."""
    # A ChildFailedError by its one method: what runs in images without torch imports this module too.
    first_failure = getattr(error.value, "get_first_failure", None)
    said = first_failure()[1].error_file_data["message"] if first_failure else ""
    if not isinstance(said, dict) or not _OURS.search(said["extraInfo"]["py_callstack"]):
        return ""
    return said["message"].partition(": ")[2]


def _typed() -> bool:
    command = click.get_current_context(silent=True)
    execution = FlyteContextManager.current_context().execution_state
    asked = command is not None and not command.find_root().params.get("verbose")
    return asked and execution is not None and execution.is_local_execution()
