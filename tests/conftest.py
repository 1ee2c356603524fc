"""Fixtures of all tests: a clean environment, the engines, and the embedded stack, started once for the whole run."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.engines import dynamodb_client, dynamodb_local, free_port, spoken_to
from tests.rig import Rig
from tests.template_file import ROOT, create_tables

_CLEAN = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "Leasehold",
}
# What the embedded stack of the tests has other than the template's defaults: failures come again soon.
_STACK_OVERRIDES = {
    "thumbnail.create": {"backoff_base_seconds": 1, "backoff_cap_seconds": 1, "lease_seconds": 8},
    "demo.brief": {"lease_seconds": 2, "max_attempts": 3, "backoff_base_seconds": 1, "backoff_cap_seconds": 1},
    "report.render": {"lease_seconds": 60, "max_attempts": 3},  # as docs/how-to/own-job-type.md adds it
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what needs a server in one process, where `make test` runs several: so each server is started once."""
    servers = {"stack", "local_dynamodb", "any_rig", "racing"}
    for item in items:
        if servers & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("servers"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own AWS or Leasehold set-up reaches a test."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "LEASEHOLD_")) and name != "AWS_CA_BUNDLE":
            monkeypatch.delenv(name)
    for name, value in _CLEAN.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The embedded stack, on a port and in a folder of its own, as its stack.json describes it.

    LEASEHOLD_STACK_JSON names the description of one that is up already.
    """
    given = os.environ.get("LEASEHOLD_STACK_JSON")
    if given:
        yield json.loads(Path(given).read_text())
        return
    folder = tmp_path_factory.mktemp("stack")
    environment = {
        **os.environ,
        "LEASEHOLD_PORT": str(free_port()),
        "LEASEHOLD_FOLDER": str(folder),
        "LEASEHOLD_PARAMETERS": f"JobTypeOverrides={json.dumps(_STACK_OVERRIDES)}\nEmitAllEvents=true",
    }
    up = [sys.executable, "-m", "local", "up"]
    done = subprocess.run(up, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.fail(f"the embedded stack did not come up:\n{done.stdout}\n{done.stderr}")
    try:
        yield json.loads((folder / "stack.json").read_text())
    finally:
        subprocess.run([*up[:-1], "down"], cwd=ROOT, env=environment, check=True, timeout=60, capture_output=True)


@pytest.fixture(scope="session")
def local_dynamodb() -> Iterator[str]:
    """The address of DynamoDB Local, started once for the whole run."""
    with dynamodb_local() as endpoint:
        yield endpoint


@pytest.fixture
def moto_dynamodb() -> Iterator[Any]:
    """moto's DynamoDB, empty."""
    with mock_aws():
        yield boto3.client("dynamodb", region_name="us-east-1")


@pytest.fixture
def rig(moto_dynamodb: Any) -> Rig:
    """The service over moto: for tests of one thread."""
    return Rig(moto_dynamodb, create_tables(moto_dynamodb, "test"))


@pytest.fixture(params=["moto", "ministack", "dynamodb-local"])
def any_rig(request: pytest.FixtureRequest) -> Rig:
    """The service over each engine in turn: the conformance suite. moto is reached by boto3, which it answers alone."""
    if request.param == "moto":
        client = request.getfixturevalue("moto_dynamodb")
        return Rig(client, create_tables(client, "test"))
    return threaded_rig(request, request.param, threads=10)


def threaded_rig(request: pytest.FixtureRequest, engine: str, threads: int) -> Rig:
    """The service over tables of its own in an engine that is fit for many threads."""
    if engine == "ministack":
        endpoint = request.getfixturevalue("stack")["endpointUrl"]
    else:
        endpoint = request.getfixturevalue("local_dynamodb")
    tables = create_tables(dynamodb_client(endpoint), f"t-{uuid.uuid4().hex[:12]}")
    return Rig(spoken_to(endpoint, threads), tables)
