"""Limits on untrusted programs."""

from dataclasses import dataclass

from model_factory.cards.section import STRICT, Count, Positive


@dataclass(frozen=True)
class Limits:
    """What one program may use: seconds of wall clock and CPU, bytes of memory, output and files."""

    __pydantic_config__ = STRICT

    wall_s: Positive
    cpu_s: Positive
    memory_bytes: Count
    output_bytes: Count
    file_bytes: Count
    num_processes: Count
