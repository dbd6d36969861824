"""`make images-pin` against a registry on this machine: challenge, token, manifest; all images or none."""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from model_factory.cards.images import UNPINNED, image_digests
from model_factory.nouns.home import checkout

PIN = checkout() / "dockerfiles" / "pin.py"


class Registry(ThreadingHTTPServer):
    """A registry's API v2 as far as a digest needs it: it wants a token for each repository."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.manifests: dict[str, bytes] = {}
        self.stated: dict[str, str] = {}

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        url = urlparse(self.path)
        if url.path == "/token":
            scope = parse_qs(url.query)["scope"][0]
            self._answer(200, json.dumps({"token": f"for {scope}"}).encode())
            return
        repository, _, tag = url.path.removeprefix("/v2/").partition("/manifests/")
        scope = f"repository:{repository}:pull"
        if self.headers.get("Authorization") != f"Bearer for {scope}":
            realm = f"http://{self.server.host}/token"
            self._answer(401, b"", **{"WWW-Authenticate": f'Bearer realm="{realm}",service="test",scope="{scope}"'})
            return
        body = self.server.manifests.get(f"{repository}:{tag}")
        if body is None or "oci.image.index" not in self.headers["Accept"]:
            self._answer(404, b"")
            return
        self._answer(200, body, **{"docker-content-digest": self.server.stated.get(repository, sha256(body))})

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def sha256(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def images_json(tmp_path: Path, **references: str) -> Path:
    path = tmp_path / "images.json"
    path.write_text(json.dumps(references))
    return path


def pin(path: Path, expect: int = 0) -> str:
    done = subprocess.run([sys.executable, str(PIN), "--images", str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == expect, done.stderr
    return done.stdout + done.stderr


def test_every_image_gets_the_digest_its_tag_has_now(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.manifests = {"team/data:latest": b'{"a": 1}', "team/train:v2": b'{"b": 2}'}
    path = images_json(tmp_path, data=f"{registry.host}/team/data", train=f"{registry.host}/team/train:v2")
    monkeypatch.setenv("FACTORY_IMAGES", str(path))
    assert set(image_digests().values()) == {UNPINNED}
    pin(path)
    assert image_digests() == {"data": sha256(b'{"a": 1}'), "train": sha256(b'{"b": 2}')}
    registry.manifests["team/data:latest"] = b'{"a": 3}'
    pin(path)
    assert image_digests()["data"] == sha256(b'{"a": 3}'), "pinning again must follow the tag, not the old digest"


def test_one_missing_image_leaves_the_file_alone(registry: Registry, tmp_path: Path) -> None:
    registry.manifests = {"team/data:latest": b"{}"}
    path = images_json(tmp_path, data=f"{registry.host}/team/data", train=f"{registry.host}/team/train")
    before = path.read_text()
    assert f"{registry.host}/team/train: the registry answered 404" in pin(path, expect=1)
    assert path.read_text() == before


def test_unreachable_registry_says_so_and_leaves_the_file_alone(tmp_path: Path) -> None:
    path = images_json(tmp_path, data="127.0.0.1:1/team/data:latest")
    before = path.read_text()
    assert "127.0.0.1:1/team/data:latest: no registry reached" in pin(path, expect=1)
    assert path.read_text() == before


def test_a_manifest_that_is_not_what_the_registry_states_is_refused(registry: Registry, tmp_path: Path) -> None:
    registry.manifests, registry.stated = {"team/data:latest": b"{}"}, {"team/data": sha256(b"other")}
    path = images_json(tmp_path, data=f"{registry.host}/team/data")
    assert "not to the" in pin(path, expect=1)
    assert "@" not in path.read_text()


def test_bases_are_pinned_in_the_dockerfiles(registry: Registry, tmp_path: Path) -> None:
    registry.manifests = {"library/python:3.11-slim": b"{}"}
    copied = tmp_path / "dockerfiles"
    copied.mkdir()
    (copied / "pin.py").write_text(PIN.read_text())
    dockerfile = copied / "data.Dockerfile"
    dockerfile.write_text(f"ARG BASE={registry.host}/library/python:3.11-slim\nFROM ${{BASE}}\n")
    subprocess.run([sys.executable, str(copied / "pin.py"), "--bases"], check=True, capture_output=True, timeout=60)
    assert dockerfile.read_text() == (
        f"ARG BASE={registry.host}/library/python:3.11-slim@{sha256(b'{}')}\nFROM ${{BASE}}\n"
    )


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("ghcr.io/team/data:v1", "https://ghcr.io/v2/team/data/manifests/v1"),
        ("python:3.11-slim", "https://registry-1.docker.io/v2/library/python/manifests/3.11-slim"),
        ("docker.io/nvidia/cuda", "https://registry-1.docker.io/v2/nvidia/cuda/manifests/latest"),
        ("localhost:5000/data@sha256:00", "http://localhost:5000/v2/data/manifests/latest"),
    ],
)
def test_references_are_read_as_docker_reads_them(reference: str, url: str) -> None:
    from dockerfiles.pin import Image

    assert Image.parse(reference).url == url
