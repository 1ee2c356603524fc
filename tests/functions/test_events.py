"""Every file in events/ is an event that its function handles."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest

from leasehold import wiring
from leasehold.aws import client
from leasehold.order import Order
from leasehold.queue import Message, Queue, Undeliverable
from tests.events import ANSWERS, FILES, check, event, name_of
from tests.functions.conftest import BUCKETS, Functions
from tests.rig import ADMIN
from tests.simulation.world import small_picture
from tests.template_file import ROOT


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_function_handles_its_event(functions: Functions, file: Path) -> None:
    answer = functions.invoke(file.parent.name, json.loads(file.read_text()))
    check(name_of(file), json.loads(json.dumps(answer)))


def test_each_event_is_expected_to_be_answered() -> None:
    assert set(ANSWERS) == {name_of(file) for file in FILES}


def test_every_function_has_anevent() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert {file.parent.name for file in FILES} == folders


def test_the_outbox_buries_and_announces_a_dead_job(functions: Functions) -> None:
    functions.invoke("outbox", event("outbox/job_dead"))
    [letter] = functions.messages("dead")
    assert letter["key"] == {"jobId": "job_dead", "leaseNumber": 1, "event": "job.dlq"}
    assert letter["job"]["lastError"]["code"] == "E_PAPER"
    announced = {each["detail-type"]: each["detail"] for each in functions.messages("events")}
    assert set(announced) == {"job.failed", "job.dlq"}
    assert not {"payload", "result", "leaseToken"} & set(announced["job.dlq"])
    assert announced["job.dlq"]["key"] == letter["key"]


def test_an_event_tells_all_of_the_job_but_its_payload_result_and_token(functions: Functions) -> None:
    functions.invoke("outbox", event("outbox/job_dead"))
    [letter] = functions.messages("dead")
    for each in functions.messages("events"):
        told = each["detail"]
        assert set(told) == set(letter["job"]) - {"payload", "result"} | {"key"}
        assert told["history"] == letter["job"]["history"]


def test_the_outbox_wakes_a_pushed_job(functions: Functions) -> None:
    functions.invoke("outbox", event("outbox/pushed_job_queued"))
    assert functions.messages("retry") == [{"jobId": "job_push", "leaseNumber": 0}]


def test_the_outbox_announces_a_processed_asset(functions: Functions) -> None:
    functions.invoke("outbox", event("outbox/asset_processed"))
    [told] = functions.messages("events")
    assert told["detail-type"] == "asset.processed"
    assert told["detail"]["assetId"] == "as_1"
    written = event("outbox/asset_processed")["Records"][0]["dynamodb"]["NewImage"]
    assert told["detail"]["key"] == written["key"]["S"]


def test_a_record_that_cannot_be_read_is_reported_and_the_others_are_handled(functions: Functions) -> None:
    good, bad = event("outbox/job_dead")["Records"][0], event("outbox/pushed_job_queued")["Records"][0]
    del bad["dynamodb"]["NewImage"]["status"]
    answer = functions.invoke("outbox", {"Records": [bad, good]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad["dynamodb"]["SequenceNumber"]}]}
    assert len(functions.messages("dead")) == 1


@pytest.mark.parametrize(
    "payload",
    ['{"assetId":"\\ud800","versionNumber":1}', '{"assetId":"as_1","versionNumber":1e300}', '{"assetId":7}', "{}"],
    ids=["a lone surrogate", "a version past any number", "an id that is none", "nothing"],
)
def test_a_dead_job_that_names_no_possible_picture_is_buried_all_the_same(functions: Functions, payload: str) -> None:
    dead = event("outbox/job_dead")
    image = dead["Records"][0]["dynamodb"]["NewImage"]
    image["type"], image["payload"] = {"S": "thumbnail.create"}, {"S": payload}
    assert functions.invoke("outbox", dead) == {"batchItemFailures": []}
    assert len(functions.messages("dead")) == 1


def test_a_record_whose_follow_up_is_refused_is_reported_and_the_others_are_handled(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(monkeypatch, lambda message: message.delay_seconds > 0 or "job_dead" not in message.body)
    good, bad = event("outbox/job_dead")["Records"][0], event("outbox/pushed_job_queued")["Records"][0]
    answer = functions.invoke("outbox", {"Records": [bad, good]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad["dynamodb"]["SequenceNumber"]}]}
    assert len(functions.messages("dead")) == 1


def test_what_follows_from_several_records_goes_in_one_call_a_service(functions: Functions) -> None:
    calls: list[tuple[str, int]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        calls.append((model.name, len(params["Entries"])))

    for service in ("events", "sqs"):
        client(service).meta.events.register("provide-client-params", note)
    dead = [_dead_job(f"job_{nth}") for nth in range(4)]
    assert functions.invoke("outbox", {"Records": dead}) == {"batchItemFailures": []}
    assert calls == [("SendMessageBatch", 4), ("PutEvents", 8)]
    assert sorted(each["key"]["jobId"] for each in functions.messages("dead")) == ["job_0", "job_1", "job_2", "job_3"]


def test_the_one_record_whose_follow_up_is_refused_is_found_among_others(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(monkeypatch, lambda message: "job_1" in message.body)
    dead = [_dead_job(f"job_{nth}") for nth in range(3)]
    answer = functions.invoke("outbox", {"Records": dead})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "sequence of job_1"}]}
    assert {each["key"]["jobId"] for each in functions.messages("dead")} == {"job_0", "job_2"}
    assert {each["detail"]["jobId"] for each in functions.messages("events")} == {"job_0", "job_2"}


def _refuse(monkeypatch: pytest.MonkeyPatch, is_refused: Callable[[Message], bool]) -> None:
    """Let SQS refuse such messages for good."""
    send = Queue.send

    def picky(self: Queue, messages: Sequence[Message]) -> None:
        send(self, [message for message in messages if not is_refused(message)])
        if any(map(is_refused, messages)):
            raise Undeliverable("InvalidMessageContents")

    monkeypatch.setattr(Queue, "send", picky)


def _dead_job(job_id: str) -> dict[str, Any]:
    """The stream's record of a job's death."""
    [record] = json.loads(json.dumps(event("outbox/job_dead")).replace("job_dead", job_id))["Records"]
    record["dynamodb"]["SequenceNumber"] = f"sequence of {job_id}"
    return dict(record)


def test_a_request_without_a_stage_or_a_caller_is_answered(functions: Functions) -> None:
    for name in ("jobs_api/list_jobs", "worker_api/lease"):
        asked = event(name)
        asked["requestContext"] = {"http": asked["requestContext"]["http"]}
        assert functions.invoke(name.split("/")[0], asked)["statusCode"] == 200


def test_the_authorizer_reads_a_header_however_its_name_is_written(functions: Functions) -> None:
    _, shown = wiring.tokens().mint("viewer", "somebody")
    for name in ("authorization", "Authorization"):
        answer = functions.invoke("authorizer", {"routeKey": "GET /jobs", "headers": {name: f"Bearer {shown}"}})
        assert answer["isAuthorized"], name


def test_what_was_deleted_after_its_retention_has_no_follow_up(functions: Functions) -> None:
    functions.invoke("outbox", event("outbox/deleted_after_retention"))
    assert functions.messages("dead") == functions.messages("events") == []


def test_a_wake_up_for_a_job_that_is_gone_is_settled(functions: Functions) -> None:
    assert functions.invoke("thumbnail", event("thumbnail/wake_up")) == {"batchItemFailures": []}


def _picture_written(key: str, sequencer: str, **more: Any) -> dict[str, Any]:
    """S3's event of a picture that lies in the uploads bucket."""
    boto3.client("s3").put_object(Bucket=BUCKETS["uploads"], Key=key, Body=small_picture())
    written = event("thumbnail/picture_uploaded")
    written["Records"][0]["s3"]["object"] = {"key": key, "size": 1024, "sequencer": sequencer, **more}
    return written


def test_any_key_in_the_folder_of_a_registered_asset_is_a_version_of_it(functions: Functions) -> None:
    registered = json.loads(functions.invoke("jobs_api", event("jobs_api/invite_upload"))["body"])["assetId"]
    for nth, name in enumerate(("as-invited.jpg", "renamed/by the way.jpg"), start=1):
        key = f"uploads/{registered}/{name}"
        functions.invoke("thumbnail", _picture_written(key, f"0{nth}"))
        asset = wiring.assets().get(registered)
        assert asset is not None
        assert (asset.version_number, asset.key, asset.processed) == (nth, key, True)


def test_a_folder_named_like_an_unregistered_asset_makes_nobody_its_owner(functions: Functions) -> None:
    functions.invoke("thumbnail", _picture_written("uploads/plain.jpg", "01"))
    [plain] = wiring.assets().page(10, None)[0]
    functions.invoke("thumbnail", _picture_written(f"uploads/{plain.asset_id}/other.jpg", "02"))
    assert wiring.assets().get(plain.asset_id) == plain
    assert len(wiring.assets().page(10, None)[0]) == 2


def test_a_picture_written_over_before_it_was_read_gets_thumbnails_of_what_is_there(functions: Functions) -> None:
    functions.invoke("thumbnail", _picture_written("uploads/plain.jpg", "01", eTag="0123456789abcdef0123456789abcdef"))
    [asset] = wiring.assets().page(10, None)[0]
    assert asset.processed
    assert asset.thumbnail_asset_id


def test_a_job_for_a_version_that_was_never_written_is_dead(functions: Functions) -> None:
    functions.invoke("thumbnail", _picture_written("uploads/plain.jpg", "01"))
    [asset] = wiring.assets().page(10, None)[0]
    order = Order("thumbnail.create", {"assetId": asset.asset_id, "versionNumber": 2})
    job, _ = wiring.jobs().enqueue(order, ADMIN)
    wake_up = event("thumbnail/wake_up")
    wake_up["Records"][0]["body"] = json.dumps({"jobId": job.job_id})
    functions.invoke("thumbnail", wake_up)
    ended = wiring.jobs().get(job.job_id, ADMIN)
    assert ended.last_error is not None
    assert (ended.status, ended.last_error.code) == ("dlq", "source_not_found")
