"""A picture's way as the logs tell it: each function on its own log group, one id through all of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.stack.deployment import Deployment, eventually
from tests.stack.test_pipeline import drawn

pytestmark = pytest.mark.stack


def _lines(deployment: Deployment, function: str, wanted: str) -> list[dict[str, Any]]:
    """What a function has logged with that text in it."""
    logs, name = deployment.aws("logs"), deployment.description["functions"][function]
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{name}", filterPattern=f'"{wanted}"'
    )
    messages = [event["message"].strip() for page in pages for event in page["events"]]
    return [json.loads(line) for message in messages for line in message.splitlines() if line.startswith("{")]


def _said(deployment: Deployment, function: str, job_id: str) -> Callable[[], list[str]]:
    return lambda: [
        line["message"] for line in _lines(deployment, function, job_id) if line.get("correlation_id") == job_id
    ]


def test_a_picture_is_followed_through_the_logs_of_all_functions(deployment: Deployment) -> None:
    key = deployment.upload(drawn(60, 40), "followed.jpg")
    asset = deployment.settled(key)
    [job] = deployment.jobs_of(asset["assetId"])
    job_id = job["jobId"]

    [tie] = eventually(
        lambda: [line for line in _lines(deployment, "thumbnail", job_id) if line.get("correlation_id") == job_id]
    )
    assert (tie["message"], tie["key"], tie["asset_id"]) == ("processed", key, asset["assetId"])
    assert tie["s3_request_id"]
    assert "followed up" in eventually(_said(deployment, "outbox", job_id))
    deployment.stored(job_id)
    assert "answered" in eventually(_said(deployment, "jobs_api", job_id))


def test_jobs_are_counted_by_type_and_event(deployment: Deployment) -> None:
    job = deployment.json("POST", "/jobs", {"type": "demo.echo", "payload": {}, "delaySeconds": 600}, 201)
    deployment.json("POST", f"/jobs/{job['jobId']}/cancel")

    def counted() -> set[tuple[str, str]]:
        lines = _lines(deployment, "outbox", "CloudWatchMetrics")
        return {(line["type"], line["event"]) for line in lines if "Jobs" in line} & {("demo.echo", "cancelled")}

    assert eventually(counted)
