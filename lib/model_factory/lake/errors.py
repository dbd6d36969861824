"""What can go wrong with a table, each with its cure in the message."""


class LakeMoved(RuntimeError):
    """The state folder was moved or copied: Iceberg's metadata holds absolute paths to the old place."""

    scrap_cause = "infrastructure"


class SnapshotGone(LookupError):
    """A snapshot that an artifact refers to is no longer in the lake."""

    scrap_cause = "infrastructure"


class SchemaChanged(TypeError):
    """Rows do not fit the table they are written to."""


class PublishConflict(RuntimeError):
    """Other writers moved main again and again while a candidate was being published."""

    scrap_cause = "infrastructure"


class DiskFull(OSError):
    """The disk that holds the warehouse has no room for a write; nothing of it was published."""
