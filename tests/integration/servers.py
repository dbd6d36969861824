"""PostgreSQL and an S3 server of this test's own, on free ports of this machine, ended by process id."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import psycopg2
import pytest

from model_factory.nouns.home import checkout

START_S = 60


@dataclass(frozen=True)
class PostgreSQL:
    """A server with trusting authentication; `query` connects to one of its databases."""

    port: int

    def uri(self, database: str) -> str:
        return f"postgresql+psycopg2://factory@127.0.0.1:{self.port}/{database}"

    def query(self, database: str, statement: str) -> list[tuple]:
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="factory", dbname=database)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@contextmanager
def postgresql(*databases: str) -> Iterator[PostgreSQL]:
    """Debian's PostgreSQL in a folder of its own. Root must not run it, so the package's user does."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        pytest.fail("no /usr/lib/postgresql/*/bin/initdb; apt-get install postgresql")
    # Not pytest's folder: the other user could not enter it.
    folder = Path(tempfile.mkdtemp(prefix="factory-postgresql-", dir="/tmp"))
    user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres", "postgres")
    bin_, data, port = found[-1].parent, folder / "data", _free_port()
    try:
        initdb = [bin_ / "initdb", "-D", data, "-U", "factory", "-A", "trust", "--encoding=UTF8", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, timeout=120, **user)
        settings = ("listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off")
        server = [bin_ / "postgres", "-D", data, "-p", str(port), *(word for one in settings for word in ("-c", one))]
        with (folder / "log").open("w") as log, _process(server, log, cwd=folder, **user) as process:
            started = PostgreSQL(port)
            _wait(lambda: started.query("postgres", "select 1"), process, folder / "log")
            for database in databases:
                started.query("postgres", f"create database {database}")
            yield started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def s3(bucket: str, folder: Path) -> Iterator[str]:
    """moto's S3 server with an empty bucket; gives its endpoint."""
    program = checkout() / ".venv-services" / "bin" / "moto_server"
    if not program.exists():
        pytest.fail(f"no {program}; run `make services`")
    log = folder / "moto.log"
    # Another region would want the bucket's name of it in the request.
    environment = os.environ | {"AWS_DEFAULT_REGION": "us-east-1"}
    with log.open("w") as out, _process([program, "-H", "127.0.0.1", "-p", "0"], out, env=environment) as process:
        endpoint = _wait(lambda: re.findall(r"http://127\.0\.0\.1:\d+", log.read_text())[0], process, log)
        request = urllib.request.Request(f"{endpoint}/{bucket}", method="PUT")
        urllib.request.urlopen(request, timeout=START_S).close()
        yield endpoint


@contextmanager
def _process(command: list[Any], out: TextIO, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def _wait(ready: Callable[[], Any], process: subprocess.Popen[bytes], log: Path) -> Any:
    """What `ready` gives once it stops raising; fails with the log when the server ends or takes too long."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            return ready()
        except (psycopg2.OperationalError, IndexError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{process.args[0]} is not there after {START_S} s: {error}\n{log.read_text()[-3000:]}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
