"""What functions say of a job: one id from the upload's event to the report, and figures of bounded dimensions."""

import importlib
import io
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from PIL import Image

from leasehold.errors import Throttled
from leasehold.outbox import Outbox
from tests.events import event
from tests.functions.conftest import BUCKETS, Functions

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def printed(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], list[dict[str, Any]]]:
    """Every line that has been printed so far: those of Powertools' Logger, of our own log, and figures."""
    logger = importlib.import_module("leasehold.observe").logger  # it reads its environment when it is imported
    monkeypatch.setattr(
        logger.registered_handler, "emit", lambda record: print(logger.registered_formatter.format(record))
    )
    lines: list[dict[str, Any]] = []

    def look() -> list[dict[str, Any]]:
        lines.extend(json.loads(line) for line in capsys.readouterr().out.splitlines())
        return lines

    return look


@pytest.fixture
def said(printed: Lines) -> Lines:
    """The lines that have been logged so far."""
    return lambda: [line for line in printed() if "_aws" not in line]


@pytest.fixture
def figures(printed: Lines) -> Lines:
    """The figures printed since it was last asked: name, value and dimensions of each."""
    told: list[int] = [0]

    def look() -> list[dict[str, Any]]:
        found = []
        lines = printed()
        for line in lines[told[0] :]:
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
                [names] = directive["Dimensions"]
                for metric in directive["Metrics"]:
                    dimensions = {name: line[name] for name in names}
                    found.append({"name": metric["Name"], "values": line[metric["Name"]], **dimensions})
        told[0] = len(lines)
        return found

    return look


def _upload(key: str, data: bytes) -> dict[str, Any]:
    """Put an object, and S3's event of it."""
    etag = boto3.client("s3").put_object(Bucket=BUCKETS["uploads"], Key=key, Body=data)["ETag"].strip('"')
    told = event("thumbnail/picture_uploaded")
    told["Records"][0]["s3"]["object"] |= {"key": key, "size": len(data), "eTag": etag}
    return told


def _job_as_a_change() -> dict[str, Any]:
    """The one job in the table, as the outbox would get it."""
    [item] = boto3.client("dynamodb").scan(TableName="leasehold-jobs")["Items"]
    return {"Records": [{"eventID": "1", "eventName": "INSERT", "dynamodb": {"NewImage": item, "SequenceNumber": "1"}}]}


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return out.getvalue()


def test_a_picture_can_be_followed_from_its_upload_to_what_came_of_it(functions: Functions, said: Lines) -> None:
    invited = functions.invoke("jobs_api", event("jobs_api/invite_upload"))
    asset_id, form = json.loads(invited["body"])["assetId"], json.loads(invited["body"])["upload"]
    functions.invoke("thumbnail", _upload(form["fields"]["key"], _picture()))
    functions.invoke("outbox", _job_as_a_change())

    [tie] = [line for line in said() if line.get("s3_request_id")]
    assert (tie["message"], tie["s3_request_id"], tie["asset_id"]) == ("processed", "C3D13FE58DE4C810", asset_id)
    job_id = tie["correlation_id"]
    asked = event("jobs_api/job_not_found")
    asked["pathParameters"]["id"] = job_id
    assert functions.invoke("jobs_api", asked)["statusCode"] == 200

    about_it = [line for line in said() if line.get("correlation_id") == job_id]
    assert [line["message"] for line in about_it] == ["processed", "followed up", "answered"]
    assert about_it[1]["sent"] == ["job.succeeded"]
    assert about_it[2]["request_id"] == "request-1"
    [invitation] = [line for line in said() if line.get("asset_id") == asset_id and line.get("route") == "POST /assets"]
    assert invitation["request_id"] == "request-1"


def test_what_went_wrong_is_said_of_the_job(functions: Functions, said: Lines) -> None:
    functions.invoke("thumbnail", _upload("uploads/no-picture.jpg", b"this is none"))
    [line] = [line for line in said() if line.get("correlation_id")]
    assert (line["message"], line["code"]) == ("failed", "unsupported_image")


def test_an_upload_that_could_not_be_taken_in_is_named(functions: Functions, said: Lines) -> None:
    upload = _upload("uploads/later.png", _picture())
    boto3.client("dynamodb").delete_table(TableName="leasehold-assets")
    with pytest.raises(Exception, match="ResourceNotFound"):
        functions.invoke("thumbnail", upload)
    [line] = [line for line in said() if line["level"] == "ERROR"]
    assert (line["message"], line["key"]) == ("not settled, comes again", "uploads/later.png")
    assert line["s3_request_id"] == "C3D13FE58DE4C810"


def test_one_request_s_job_is_not_said_of_the_next(functions: Functions, said: Lines) -> None:
    functions.invoke("jobs_api", event("jobs_api/enqueue"))
    functions.invoke("jobs_api", event("jobs_api/stats"))
    enqueued, asked = [line for line in said() if line["message"] == "answered"]
    assert enqueued["correlation_id"].startswith("job_")
    assert "correlation_id" not in asked


def test_an_id_that_can_be_none_is_not_logged_as_one(functions: Functions, said: Lines) -> None:
    asked = event("jobs_api/job_not_found")
    asked["pathParameters"]["id"] = "x" * 5000
    functions.invoke("jobs_api", asked)
    assert not any("correlation_id" in line for line in said())


def test_jobs_are_counted_by_type_and_event(functions: Functions, figures: Callable[[], list[dict[str, Any]]]) -> None:
    functions.invoke("outbox", event("outbox/job_dead"))
    counted = [figure for figure in figures() if figure["name"] == "Jobs"]
    assert counted == [{"name": "Jobs", "values": [1.0], "service": "test", "type": "demo.echo", "event": "dlq"}]


def test_a_batch_is_counted_by_type_and_event_together(
    functions: Functions, figures: Callable[[], list[dict[str, Any]]]
) -> None:
    [record] = event("outbox/pushed_job_queued")["Records"]
    strange = json.loads(json.dumps(record).replace("thumbnail.create", "left.the.registry"))
    functions.invoke("outbox", {"Records": [record, record, strange]})
    counted = {(figure["type"], figure["event"]): figure["values"] for figure in figures() if figure["name"] == "Jobs"}
    # One that has left the registry makes no dimension of its own.
    assert counted == {("thumbnail.create", "queued"): [2.0], ("other", "queued"): [1.0]}


def test_a_batch_that_comes_again_is_counted_once_it_was_delivered(
    functions: Functions, figures: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = {"Records": [*event("outbox/pushed_job_queued")["Records"], *event("outbox/job_dead")["Records"]]}

    def throttled(*_: Any) -> None:
        raise Throttled("slow down")

    monkeypatch.setattr(Outbox, "_bury", throttled)
    with pytest.raises(Throttled):
        functions.invoke("outbox", batch)
    assert figures() == []


def test_the_sweeper_tells_how_long_jobs_wait(
    functions: Functions, figures: Callable[[], list[dict[str, Any]]], said: Lines
) -> None:
    functions.invoke("jobs_api", event("jobs_api/enqueue"))
    functions.invoke("sweeper", event("sweeper/each_minute"))
    waiting = {figure.get("type"): figure["values"][0] for figure in figures() if figure["name"] == "OldestDueSeconds"}
    assert set(waiting) == {None, "thumbnail.create", "demo.echo"}
    assert waiting["demo.echo"] == waiting[None] > 0
    assert waiting["thumbnail.create"] == 0
    assert [line["message"] for line in said()][-1] == "swept"


def test_a_picture_s_time_is_told(functions: Functions, figures: Callable[[], list[dict[str, Any]]]) -> None:
    functions.invoke("thumbnail", _upload("uploads/timed.png", _picture()))
    [figure] = figures()
    assert (figure["name"], figure["service"]) == ("PictureMilliseconds", "test")
    assert figure["values"][0] > 0
    functions.invoke("thumbnail", _upload("uploads/no-picture.png", b"this is none"))
    assert figures() == []
