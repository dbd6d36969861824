import gzip
import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from model_factory.cards.ingest import Source
from model_factory.curation.formats.piece import REASONS, Limits, Piece
from model_factory.curation.formats.registry import read_file
from model_factory.curation.sources.files import raw_file
from model_factory.curation.sources.location import LocalFile

LIMITS = Limits(max_document_bytes=1 << 16, max_total_bytes=1 << 22)


def _read(path, content, limits=LIMITS, **settings):
    """(texts by path, reasons by path) of a file with this content."""
    file = raw_file(Source("mine", "files", "MIT", **settings), path, LocalFile(None), "here")  # type: ignore[arg-type]
    found = list(read_file(file, io.BytesIO(content), limits))
    texts = {one.path: one.text for one in found if isinstance(one, Piece)}
    reasons = {one.path: one.reason for one in found if not isinstance(one, Piece)}
    assert set(reasons.values()) <= set(REASONS)
    return texts, reasons


def test_csv_records_may_span_lines_and_a_bad_one_costs_itself():
    content = '\ufefftext,url\r\n"a, ""b""\nc",http://x.org/1\r\nplain,u\r\nlone\r\n'.encode()
    content += b"caf\xe9,u\n" + b"last,u\n"
    texts, reasons = _read("a.csv", content)
    assert texts == {"a.csv#1": 'a, "b"\nc', "a.csv#2": "plain", "a.csv#5": "last"}
    assert reasons == {"a.csv#3": "corrupt", "a.csv#4": "undecodable"}
    assert _read("a.tsv.gz", gzip.compress(b"id\ttext\n1\tone, two\n"))[0] == {"a.tsv.gz#1": "one, two"}
    assert _read("a.csv", b"id,body\n1,x\n")[1] == {"a.csv": "missing_column"}
    assert _read("a.csv", b"")[1] == {"a.csv": "missing_column"}


def test_a_csv_quote_without_an_end_does_not_eat_the_file():
    rows = "".join(f"row {number}\n" for number in range(40_000))
    texts, reasons = _read("a.csv", f'text\nfirst\n"open\n{rows}'.encode())
    assert reasons["a.csv#2"] == "too_large"
    assert texts["a.csv#1"] == "first"
    assert texts[max(texts, key=lambda path: int(path.partition("#")[2]))] == "row 39999"


PAGE = """<html><head><meta charset="{charset}"><title>T</title><script>var x = 1;</script></head>
<body><nav><ul><li>Home</li><li>About</li></ul></nav><main><h1>Café</h1><p>One   two.</p><pre>a\n  b</pre></main>
<footer>Imprint</footer></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_html_gives_its_text_in_the_charset_of_the_page(charset):
    content = PAGE.format(charset=charset).encode(charset)
    (text,) = _read("a.html", content)[0].values()
    assert text.split("\n") == ["Café", "", "One two.", "", "a", "  b"]
    (whole,) = _read("a.html", content, main_content=False)[0].values()
    assert "Home" in whole
    assert "Imprint" in whole
    assert "var x" not in whole


def test_what_is_no_page_says_so():
    assert _read("a.html", b"plain words")[1] == {"a.html": "not_text"}
    assert _read("a.htm", bytes(range(256)) * 8)[1] == {"a.htm": "not_text"}
    assert _read("a.html", b"<html><body></body></html>")[1] == {"a.html": "empty"}


def _record(kind, url, body, more=""):
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Record-ID: <urn:uuid:{url}>\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body + b"\r\n\r\n"


def _response(url, page, status="200 OK", kind="text/html; charset=iso-8859-1"):
    http = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + page
    return _record("response", url, http, "Content-Type: application/http; msgtype=response\r\n")


WET = _record("warcinfo", "", b"about") + b"".join(
    _record("conversion", f"http://x.org/{number}", f"text {number}\n".encode()) for number in range(3)
)


def test_wet_gives_its_text_and_where_it_was_published():
    for path, content in {
        "a.warc.wet": WET,
        "a.warc.wet.gz": b"".join(gzip.compress(part) for part in (WET[:100], WET[100:])),
        "a.wet.zst": zstandard.compress(WET),
    }.items():
        file = raw_file(Source("mine", "files", "MIT"), path, LocalFile(None), "here")  # type: ignore[arg-type]
        found = list(read_file(file, io.BytesIO(content), LIMITS))
        assert [(one.text, one.url) for one in found if isinstance(one, Piece)] == [
            (f"text {number}\n", f"http://x.org/{number}") for number in range(3)
        ]


def test_warc_gives_pages_and_nothing_else():
    archive = (
        _response("http://x.org/a", b"<html><body><main><p>caf\xe9</p></main></body></html>")
        + _response("http://x.org/b", b"<html><body><p>gone</p></body></html>", "404 Not Found")
        + _response("http://x.org/c", b"\x89PNG<", kind="image/png")
        + _record("request", "http://x.org/a", b"GET / HTTP/1.1\r\n\r\n")
        + _response("http://x.org/d", b"<p>" + b"x" * (1 << 17))
    )
    texts, reasons = _read("a.warc", archive)
    assert texts == {"a.warc#1": "café"}
    assert reasons == {"a.warc#4": "too_large"}


@pytest.mark.parametrize(
    ("path", "content", "kept", "reason"),
    [
        ("cut.wet", WET[:-8], 2, "truncated"),
        ("cut.wet.gz", gzip.compress(WET)[:-12], 2, "truncated"),
        ("cut.warc", _response("http://x.org/a", b"<p>" + b"x" * 100)[:-40], 0, "truncated"),
        ("noise.wet", WET + b"noise" * 9, 3, "corrupt"),
        ("noise.warc", b"nothing of the kind", 0, "corrupt"),
    ],
)
def test_a_damaged_archive_keeps_what_comes_before(path, content, kept, reason):
    texts, reasons = _read(path, content)
    assert len(texts) >= kept
    assert list(reasons.values()) == [reason]


def _zip(members, mode=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", mode) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def test_zip_members_are_read_by_their_own_suffix():
    lines = json.dumps({"text": "in a line"}).encode()
    archive = _zip({"b/a.txt": b"plain", "c.jsonl.gz": gzip.compress(lines), "d.zip": _zip({"x": b"x"}), "e/": b""})
    texts, reasons = _read("a.zip", archive)
    assert texts == {"a.zip!b/a.txt": "plain", "a.zip!c.jsonl.gz#1": "in a line"}
    assert reasons == {"a.zip!d.zip": "nested"}


def _protected(archive):
    """The same archive with the encryption bit of every member set, locally and in the directory."""
    made = bytearray(archive)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = made.find(mark)
        while at >= 0:
            made[at + offset] |= 1
            at = made.find(mark, at + 4)
    return bytes(made)


def test_damaged_zip_members_cost_themselves():
    stored = _zip({"a.txt": b"fine", "b.txt": b"to be damaged"}, zipfile.ZIP_STORED)
    assert _read("a.zip", stored.replace(b"to be", b"TO BE"))[1] == {"a.zip!b.txt": "corrupt"}
    assert _read("a.zip", stored[:-30])[1] == {"a.zip": "corrupt"}
    bomb = _zip({"a.txt": b"0" * (1 << 23), "b.txt": b"fine"})
    texts, reasons = _read("a.zip", bomb)
    assert texts == {"a.zip!b.txt": "fine"}
    assert reasons == {"a.zip!a.txt": "over_total"}


def _encrypted_parquet(plaintext_footer):
    import base64

    import pyarrow.parquet.encryption as pe

    class Wrapped(pe.KmsClient):
        def wrap_key(self, key_bytes, master_key_identifier):
            return base64.b64encode(key_bytes)

        def unwrap_key(self, wrapped_key, master_key_identifier):
            return base64.b64decode(wrapped_key)

    config = pe.EncryptionConfiguration(
        footer_key="f", column_keys={"c": ["text"]}, plaintext_footer=plaintext_footer, double_wrapping=False
    )
    factory = pe.CryptoFactory(lambda connection: Wrapped())
    properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
    made = io.BytesIO()
    table = pa.table({"text": ["secret"] * 10})
    with pq.ParquetWriter(made, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    return made.getvalue()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.txt", b"Salted__" + b"\x01" * 40),
        ("a.jsonl.gz", b"age-encryption.org/v1\n-> X25519 abc"),
        ("a.txt", b"-----BEGIN PGP MESSAGE-----\n\nhQEMA"),
        ("a.zip", _protected(_zip({"a.txt": b"secret"}))),
    ],
)
def test_what_is_encrypted_says_so(path, content):
    assert set(_read(path, content)[1].values()) == {"encrypted"}


@pytest.mark.parametrize("plaintext_footer", [True, False])
def test_encrypted_parquet_says_so(plaintext_footer):
    texts, reasons = _read("a.parquet", _encrypted_parquet(plaintext_footer))
    assert not texts
    assert set(reasons.values()) == {"encrypted"}


def _arrow(table, opener):
    made = io.BytesIO()
    with opener(made, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return made.getvalue()


@pytest.mark.parametrize("opener", [pa.ipc.new_stream, pa.ipc.new_file])
def test_arrow_rows_are_documents(opener):
    table = pa.table({"text": ["one", None, "x" * (1 << 17), "four"], "url": ["u1", "u2", "u3", "u4"]})
    content = _arrow(table, opener)
    texts, reasons = _read("a.arrow", content, url_column="url")
    assert texts == {"a.arrow#1": "one", "a.arrow#4": "four"}
    assert reasons == {"a.arrow#2": "not_text", "a.arrow#3": "too_large"}
    assert "corrupt" in _read("a.arrow", content[: len(content) // 3])[1].values()
    assert _read("a.arrow", b"noise" * 99)[1] == {"a.arrow": "corrupt"}
    assert _read("a.arrow", content, text_column="body")[1] == {"a.arrow": "missing_column"}


def test_every_cut_and_every_flipped_byte_of_every_format_is_a_reject_and_no_error():
    table = pa.table({"text": ["some text"] * 50})
    parquet = io.BytesIO()
    pq.write_table(table, parquet)
    files = {
        "a.parquet": parquet.getvalue(),
        "a.arrow": _arrow(table, pa.ipc.new_stream),
        "a.wet.gz": gzip.compress(WET, mtime=0),
        "a.jsonl.zst": zstandard.compress(b'{"text": "x"}\n' * 20),
        "a.zip": _zip({"a.txt": b"text", "b.html": PAGE.encode()}),
        "a.csv": b'text,url\n"a\nb",c\n',
        "a.html": PAGE.encode(),
    }
    for path, content in files.items():
        step = max(1, len(content) // 60)
        for at in range(0, len(content), step):
            _read(path, content[:at])
            _read(path, content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
