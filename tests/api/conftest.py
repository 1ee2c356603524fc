"""The API in the process, over moto, with the template's own tables."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from leasehold import aws, settings, wiring
from tests.api.in_process import Api
from tests.template_file import create_tables


@pytest.fixture(scope="module")
def clients() -> Iterator[None]:
    """The functions' AWS clients, of moto: made once, since making them takes longer than a test."""
    with mock_aws(), pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        aws.client.cache_clear()
        for service in ("dynamodb", "s3"):
            aws.client(service)
        yield
        aws.client.cache_clear()


@pytest.fixture
def api(clients: None, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """An empty stack behind its two API functions."""
    client: Any = aws.client("dynamodb")
    tables = create_tables(client, "api")
    for kind, name in tables.items():
        monkeypatch.setenv(f"{kind.upper()}_TABLE", name)
    # moto answers botocore's clients; what speaks to DynamoDB directly is held against real engines.
    monkeypatch.setattr(wiring, "dynamodb", lambda: client)
    monkeypatch.setenv("UPLOADS_BUCKET", "uploads")
    monkeypatch.setenv("THUMBNAIL_MAX_MIB", "50")
    _forget_the_last_stack()
    handlers = {
        "JobsApi": importlib.import_module("functions.jobs_api.app").handler,
        "WorkerApi": importlib.import_module("functions.worker_api.app").handler,
    }
    yield Api(handlers, tables, client)
    _forget_the_last_stack()
    for name in tables.values():
        client.delete_table(TableName=name)


def _forget_the_last_stack() -> None:
    for cached in (settings.registry, wiring.jobs, wiring.overview, wiring.assets, wiring.tokens, wiring.asset_desk):
        cached.cache_clear()
