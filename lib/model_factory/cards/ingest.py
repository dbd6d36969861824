"""The `ingest` section: which raw files come in."""

from dataclasses import dataclass, field

from model_factory.cards.section import STRICT, Bounded, Count


@dataclass(frozen=True)
class Source:
    """One entry of `ingest.sources`.

    `kind` names a reader in the source registry (`python_stdlib`, `distribution_docs`,
    `distribution_sources`, `files`, `git`, `huggingface`, `iceberg`); `name` is what the blend and the reports
    call it; `licence` is an SPDX expression or "declared" where each file's own is looked up. `path` is a
    folder, file, glob or fsspec URL for `files`, a repository for `git`, a saved dataset for `huggingface`,
    "catalog:namespace.table" or the URL of a metadata file for `iceberg`; `revision` the commit, tag or branch of
    a repository, the snapshot, tag or branch of a table; `include` patterns (fnmatch) of which a file's
    logical path must match one, `exclude` those of which it must match none; `packages` the allow-list for
    `distribution_sources`. `text_column` and `url_column`
    are the columns of tabular files that hold the text and where it was published; `main_content` leaves
    navigation and page furniture of HTML out.
    """

    __pydantic_config__ = STRICT

    name: str
    kind: str
    licence: str
    path: str = ""
    packages: list[str] = field(default_factory=list)
    text_column: str = "text"
    url_column: str = ""
    revision: str = ""
    include: list[str] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)
    main_content: bool = True


@dataclass(frozen=True)
class Ingest(Bounded):
    """Raw files to documents. Sizes in bytes; files beyond them go to scrap with a reason."""

    sources: list[Source]
    max_total_bytes: Count
    max_document_bytes: Count
