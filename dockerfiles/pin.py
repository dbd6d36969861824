"""Write image digests down: what a tag means today, so that a run can say later what ran.

`python dockerfiles/pin.py` pins images.json; `--bases` pins the bases in the Dockerfiles. Digests come from the
registries' HTTP API (https://distribution.github.io/distribution/spec/api/). Either all are written or none.
A private registry's account goes in $REGISTRY_USER and $REGISTRY_PASSWORD.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

HERE = Path(__file__).parent
TIMEOUT_S = 30
# An index first: one digest for every architecture.
MANIFESTS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1",
        "docker.distribution.manifest.list.v2",
        "oci.image.manifest.v1",
        "docker.distribution.manifest.v2",
    )
)
BASE = re.compile(r"^ARG BASE=(?P<reference>\S+)$", re.MULTILINE)


class PinError(RuntimeError):
    """An image whose digest could not be found out."""


@dataclass(frozen=True)
class Image:
    """`host/repository:tag`, the host as the registry's API is reached."""

    host: str
    repository: str
    tag: str

    @staticmethod
    def parse(reference: str) -> "Image":
        """Read `[host/]repository[:tag][@digest]`; a digest is dropped, Docker Hub's short forms are spelled out."""
        name = reference.partition("@")[0]
        host, slash, path = name.partition("/")
        if not slash or not (host == "localhost" or set(".:") & set(host)):
            host, path = "docker.io", name
        repository, _, tag = path.partition(":")
        if host == "docker.io":
            host = "registry-1.docker.io"
            repository = repository if "/" in repository else f"library/{repository}"
        return Image(host, repository, tag or "latest")

    @property
    def url(self) -> str:
        """Where its manifest is; registries on this machine speak plain HTTP, as Docker has it."""
        local = self.host.partition(":")[0] in ("localhost", "127.0.0.1")
        return f"{'http' if local else 'https'}://{self.host}/v2/{self.repository}/manifests/{self.tag}"


def pinned(reference: str) -> str:
    """The reference with the digest that its tag has now, as `repository:tag@sha256:…`.

    Raises PinError naming the image and the cure.
    """
    name = reference.partition("@")[0]
    try:
        return f"{name}@{_digest(Image.parse(name).url)}"
    except urllib.error.HTTPError as error:
        cure = {
            401: "set REGISTRY_USER and REGISTRY_PASSWORD",
            403: "set REGISTRY_USER and REGISTRY_PASSWORD to an account that may read it",
            404: "build and push it first",
        }.get(error.code, "try again later")
        raise PinError(f"{name}: the registry answered {error.code} {error.reason}; {cure}") from None
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise PinError(f"{name}: no registry reached ({reason}); run this where it can be") from None


def _digest(url: str) -> str:
    try:
        body, headers = _get(url, {"Accept": MANIFESTS})
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise
        token = _token(error.headers.get("WWW-Authenticate", ""))
        body, headers = _get(url, {"Accept": MANIFESTS, "Authorization": token})
    found = f"sha256:{hashlib.sha256(body).hexdigest()}"
    stated = headers.get("Docker-Content-Digest", found)
    if stated != found:
        raise OSError(f"the manifest hashes to {found}, not to the {stated} that the registry states")
    return found


def _token(challenge: str) -> str:
    """Answer a registry's challenge, anonymously where no account is set."""
    scheme, _, rest = challenge.partition(" ")
    fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    user, password = os.environ.get("REGISTRY_USER"), os.environ.get("REGISTRY_PASSWORD", "")
    basic = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
    if scheme.lower() != "bearer":
        return basic
    query = urllib.parse.urlencode({key: fields[key] for key in ("service", "scope") if key in fields})
    body, _ = _get(f"{fields['realm']}?{query}", {"Authorization": basic} if user else {})
    answer = json.loads(body)
    return f"Bearer {answer.get('token') or answer['access_token']}"


def _get(url: str, headers: dict[str, str]) -> tuple[bytes, Message]:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S) as answer:
        return answer.read(), answer.headers


def pin_images(path: Path) -> list[str]:
    """Pin every image of an images.json; gives the references written."""
    references = {name: pinned(reference) for name, reference in json.loads(path.read_text()).items()}
    _write(path, json.dumps(references, indent=2) + "\n")
    return list(references.values())


def pin_bases(dockerfiles: Iterable[Path]) -> list[str]:
    """Pin the `ARG BASE=` of every Dockerfile; gives the references written."""
    texts = {path: path.read_text() for path in dockerfiles}
    references = {reference for text in texts.values() for reference in BASE.findall(text)}
    digests = {reference: pinned(reference) for reference in sorted(references)}
    for path, text in texts.items():
        _write(path, BASE.sub(lambda found: f"ARG BASE={digests[found['reference']]}", text))
    return list(digests.values())


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", action="store_true", help="the Dockerfiles' bases instead of our images")
    parser.add_argument("--images", type=Path, help="the images.json to pin ($FACTORY_IMAGES)")
    arguments = parser.parse_args()
    images = arguments.images or Path(os.environ.get("FACTORY_IMAGES") or HERE / "images.json")
    try:
        written = pin_bases(sorted(HERE.glob("*.Dockerfile"))) if arguments.bases else pin_images(images)
    except PinError as error:
        sys.exit(f"images-pin: {error}; nothing was written")
    print("\n".join(written))


if __name__ == "__main__":
    main()
