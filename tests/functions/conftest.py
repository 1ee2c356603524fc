"""The functions in this process, over moto: what AWS would hand them, and what comes back."""

import importlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from leasehold import aws, settings, wiring
from tests.template_file import create_tables

BUCKETS = {kind: f"leasehold-{kind}-000000000000-us-east-1" for kind in ("uploads", "derived")}


class LambdaContext:
    """What the runtime hands over beside the event."""

    function_name = "test"
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:test"
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class Functions:
    """Invoke a function by the name of its folder; look at the queues and the bus it wrote to."""

    def __init__(self, queues: dict[str, str]) -> None:
        self.queues = queues

    def invoke(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        module = importlib.import_module(f"functions.{name}.app")
        answer: dict[str, Any] = module.handler(json.loads(json.dumps(event)), LambdaContext())
        return answer

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Bodies of the messages that can be received now."""
        received = boto3.client("sqs").receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in received.get("Messages", [])]


def _forget() -> None:
    """The clients and services of a process are made once; each test wants its own."""
    for module in (aws, settings, wiring):
        for each in vars(module).values():
            if hasattr(each, "cache_clear"):
                each.cache_clear()
    importlib.import_module("functions.thumbnail.app").pipeline.cache_clear()


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    """All functions of a stack of moto's."""
    with mock_aws():
        tables = create_tables(boto3.client("dynamodb"), "leasehold")
        for bucket in BUCKETS.values():
            boto3.client("s3").create_bucket(Bucket=bucket)
        boto3.client("events").create_event_bus(Name="leasehold-events")
        sqs = boto3.client("sqs")
        queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("retry", "dead", "events")}
        _watch_bus(queues["events"])
        for name, value in {
            "JOBS_TABLE": tables["jobs"],
            "ASSETS_TABLE": tables["assets"],
            "TOKENS_TABLE": tables["tokens"],
            "RETRY_QUEUE_URL": queues["retry"],
            "DEAD_LETTER_QUEUE_URL": queues["dead"],
            "EVENT_BUS": "leasehold-events",
            "UPLOADS_BUCKET": BUCKETS["uploads"],
            "DERIVED_BUCKET": BUCKETS["derived"],
            "THUMBNAIL_MAX_MIB": "50",
        }.items():
            monkeypatch.setenv(name, value)
        _forget()
        # moto answers botocore's clients; what speaks to DynamoDB directly is held against real engines.
        monkeypatch.setattr(wiring, "dynamodb", lambda: boto3.client("dynamodb"))
        yield Functions(queues)
        _forget()


def _watch_bus(queue_url: str) -> None:
    """Send every event of the bus to a queue, where a test can look at it."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    events.put_rule(
        Name="all", EventBusName="leasehold-events", EventPattern='{"source": ["leasehold"]}', State="ENABLED"
    )
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_targets(Rule="all", EventBusName="leasehold-events", Targets=[{"Id": "watch", "Arn": arn}])
