"""Documents that are one page of the web."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import polars as pl

from model_factory.cards.deduplicate import UrlDuplicates
from model_factory.curation.dedup.buckets import bucket_pairs
from model_factory.curation.dedup.find import ORDER, PAIRS_SCHEMA, named_pairs

# Moves whenever the same URLs could be other pages.
VERSION = "1"
DEFAULT_PORTS = {"http": 80, "https": 443}


def url_pairs(new: pl.DataFrame, settings: UrlDuplicates, known: pl.DataFrame | None = None) -> pl.DataFrame:
    """Pairs (PAIRS_SCHEMA, kind url) of `new` documents (doc_id, source, path, url) among themselves and with `known`
    ones (the same columns): each with the first of its page by (source, path, doc_id). No URL, no pair."""
    columns = [*ORDER, "url"]
    parts = [new.select(columns).with_columns(is_new=True)]
    if known is not None:
        parts.append(known.select(columns).with_columns(is_new=False))
    rows = pl.concat(parts).filter(pl.col("url").str.strip_chars() != "").sort(*ORDER)
    pages = [page(url, settings) for url in rows["url"]]
    keys_D = np.unique(np.array(pages, dtype=object), return_inverse=True)[1] if pages else np.zeros(0, dtype=np.int64)
    pairs = bucket_pairs(keys_D, rows["is_new"].to_numpy(), num_hubs=1)
    found = named_pairs(rows["doc_id"], pairs, "url", np.ones(len(pairs)))
    return found.sort("doc_id", "other_doc_id") if len(pairs) else PAIRS_SCHEMA.to_frame()


def page(url: str, settings: UrlDuplicates) -> str:
    """What all URLs of a page have in common; a URL that cannot be parsed stands for itself."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    host = (parts.hostname or "").rstrip(".")
    if port and port != DEFAULT_PORTS.get(parts.scheme.lower()):
        host = f"{host}:{port}"
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _ignored(pair[0], settings)]
    return f"{host}{parts.path.rstrip('/')}?{urlencode(sorted(query))}"


def _ignored(parameter: str, settings: UrlDuplicates) -> bool:
    return any(
        parameter.startswith(name[:-1]) if name.endswith("*") else parameter == name
        for name in settings.ignored_parameters
    )
