"""A run's inputs as MLflow datasets, so that its page links to what it was made from."""

import json
from collections.abc import Iterable
from typing import Any

from mlflow.data.dataset_source import DatasetSource
from mlflow.entities import Dataset, DatasetInput, InputTag

from model_factory.ledger import store
from model_factory.nouns import Parent

# MLflow keeps 36 characters of a dataset's digest; the whole one stands in the source.
_DIGEST_CHARS = 36


class ArtifactSource(DatasetSource):
    """Where an artifact lay: for a snapshot `iceberg://catalog/table@id`, which `lake.find` resolves."""

    def __init__(self, uri: str, digest: str) -> None:
        self.uri, self.digest = uri, digest

    @staticmethod
    def _get_source_type() -> str:
        return "model_factory"

    def load(self) -> str:
        """The artifact's address; the log book does not open tables itself."""
        return self.uri

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return isinstance(raw_source, Parent)

    @classmethod
    def _resolve(cls, raw_source: Parent) -> "ArtifactSource":
        return cls(raw_source.uri, raw_source.digest)

    def to_dict(self) -> dict[str, str]:
        return {"uri": self.uri, "digest": self.digest}

    @classmethod
    def from_dict(cls, source_dict: dict[str, str]) -> "ArtifactSource":
        return cls(source_dict["uri"], source_dict["digest"])


def log_inputs(run_id: str, artifacts: Iterable[Any]) -> None:
    """Log every artifact that can be a parent as an input of the run; logging one twice is harmless."""
    parents = [artifact.as_parent() for artifact in artifacts if hasattr(artifact, "as_parent")]
    if parents:
        store.client().log_inputs(run_id, datasets=[_input(parent) for parent in parents])


def _input(parent: Parent) -> DatasetInput:
    source = ArtifactSource(parent.uri, parent.digest)
    dataset = Dataset(
        name=parent.name,
        digest=parent.digest[:_DIGEST_CHARS],
        source_type=source._get_source_type(),
        source=json.dumps(source.to_dict()),
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", parent.kind)])
