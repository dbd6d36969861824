"""A checkpoint made ready to leave the factory."""

from dataclasses import dataclass

from model_factory.nouns.lineage import Lineage, Parent


@dataclass(frozen=True)
class Release:
    """A folder that `transformers.AutoModelForCausalLM` loads, registered in the model registry.

    `digest` is of the folder's files by relative path and content; `model_version` and `alias`
    are the registry's.
    """

    uri: str
    model_name: str
    model_version: str
    alias: str
    digest: str
    lineage: Lineage
    schema: int = 1

    def as_parent(self) -> Parent:
        return Parent("Release", self.model_name, self.digest, self.uri)
