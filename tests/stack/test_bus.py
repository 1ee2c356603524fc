"""The events that others can subscribe to, on the real bus of the embedded stack."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stack.deployment import Deployment, eventually
from tests.stack.test_pipeline import drawn

pytestmark = pytest.mark.stack


@pytest.fixture
def heard(deployment: Deployment) -> Iterator[dict[tuple[str, str], dict[str, Any]]]:
    """The events of the bus so far, by (event, job or asset); looking again hears more."""
    sqs, events = deployment.aws("sqs"), deployment.aws("events")
    name = f"ear-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
        ]
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(allow)})
    bus = deployment.description["eventBus"]
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["leasehold"]}))
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "ear", "Arn": arn}])

    class Ear(dict[tuple[str, str], dict[str, Any]]):
        def __contains__(self, wanted: object) -> bool:
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                event = json.loads(message["Body"])
                detail = event["detail"]
                self[event["detail-type"], detail.get("jobId") or detail["assetId"]] = detail
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return super().__contains__(wanted)

    yield Ear()
    events.remove_targets(Rule=name, EventBusName=bus, Ids=["ear"])
    events.delete_rule(Name=name, EventBusName=bus)
    sqs.delete_queue(QueueUrl=url)


def test_what_happens_to_a_job_is_told(deployment: Deployment, heard: dict[tuple[str, str], dict[str, Any]]) -> None:
    done = deployment.leased("worker_a", payload={"secret": 1})
    deployment.json("POST", f"/jobs/{done['jobId']}/succeed", {"result": {"secret": 2}}, worker="worker_a")
    eventually(lambda: ("job.succeeded", done["jobId"]) in heard)
    detail = heard["job.succeeded", done["jobId"]]
    assert detail["key"] == {"jobId": done["jobId"], "leaseNumber": 1, "event": "job.succeeded"}
    assert not {"payload", "result", "leaseToken"} & set(detail)
    dead = deployment.leased("worker_a", maxAttempts=1)
    deployment.json("POST", f"/jobs/{dead['jobId']}/fail", {"error": {"message": "no"}}, worker="worker_a")
    eventually(lambda: ("job.failed", dead["jobId"]) in heard and ("job.dlq", dead["jobId"]) in heard)
    cancelled = deployment.json("POST", "/jobs", {"type": "demo.echo", "payload": {}, "delaySeconds": 600}, 201)
    deployment.json("POST", f"/jobs/{cancelled['jobId']}/cancel")
    eventually(lambda: ("job.cancelled", cancelled["jobId"]) in heard)
    assert ("job.queued", cancelled["jobId"]) in heard  # this stack has EmitAllEvents


def test_a_processed_picture_is_told(deployment: Deployment, heard: dict[tuple[str, str], dict[str, Any]]) -> None:
    asset = deployment.settled(deployment.upload(drawn(), "told.jpg"))
    eventually(lambda: ("asset.processed", asset["assetId"]) in heard)
    assert heard["asset.processed", asset["assetId"]]["thumbnailAssetId"] == asset["thumbnailAssetId"]
