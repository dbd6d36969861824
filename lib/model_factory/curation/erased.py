"""What was erased does not come in again."""

from typing import Any

from model_factory import lake

REASON = "erased"


class Erased:
    """Looks a document up among the tombstones, which are read once."""

    def __init__(self) -> None:
        self._tombstones = lake.tombstones()

    def scrap_row(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """The row of `raw.scrap` for a row of `raw.documents` or `raw.scrap` that was erased, by its id or its
        text; None for any other. It names the tombstone and neither text nor path: the table would keep them."""
        if not self._tombstones:
            return None
        asked = [lake.tombstone("doc_id", row["doc_id"])]
        asked += [lake.tombstone("text", row["text"])] if "text" in row else []
        found = next((one for one in asked if one in self._tombstones), None)
        if found is None:
            return None
        detail = "forgotten on request; take it out of the source's files as well"
        return {"doc_id": found[:32], "source": row["source"], "path": "", "reason": REASON, "detail": detail}
