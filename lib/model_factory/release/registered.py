"""A released model, found again by its name in the registry."""

from pydantic import TypeAdapter

from model_factory import ledger
from model_factory.ledger import registry, store
from model_factory.nouns import Release


def registered(model: str, version: str = "") -> Release:
    """The release behind a model's version, its candidate where none is named.

    Raises LookupError where the registry has no such model or version, or the log book no longer
    holds the release.
    """
    version = version or registry.alias_of(model, registry.CANDIDATE) or ""
    found = store.client().search_model_versions(f"name = '{model}'")
    chosen = next((one for one in found if str(one.version) == version), None)
    if chosen is None:
        have = ", ".join(sorted(str(one.version) for one in found)) or "none"
        wanted = f"version {version}" if version else f"version with alias {registry.CANDIDATE}"
        raise LookupError(f"model {model} has no {wanted} (versions: {have}); release one, or name another")
    run_digest, digest = chosen.tags.get("run_digest", ""), chosen.tags.get("digest", "")
    for made in ledger.artifacts(run_digest):
        if made.kind == "Release" and made.digest == digest:
            return TypeAdapter(Release).validate_python(made.load())
    raise LookupError(
        f"model {model} version {version}: run {run_digest[:12]} holds no release {digest[:12]}; release it again"
    )
