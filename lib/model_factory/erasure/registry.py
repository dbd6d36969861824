"""The stores, in the order in which they are gone through: a new kind of store is a file and a line here.

What saw the documents is marked before anything is erased, since the tables say what did; whatever shows parts of
them in other text goes before the tables that hold that text; the raw tables go last.
"""

from model_factory.erasure.store import Store
from model_factory.erasure.stores import (
    checkpoints,
    decks,
    live_tables,
    log_book,
    releases,
    runs,
    station_cache,
    tables,
    temporary,
    token_files,
    transcripts,
    warehouse,
)

MARKS: tuple[Store, ...] = (checkpoints, releases, runs)
STORES: tuple[Store, ...] = (
    station_cache,
    log_book,
    decks,
    token_files,
    transcripts,
    temporary,
    live_tables,
    tables,
    warehouse,
)
