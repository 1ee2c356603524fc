"""Every file in events/ is an event that its function handles."""

import json
from pathlib import Path

import pytest

from tests.events import ANSWERS, FILES, check, event, name_of
from tests.functions.conftest import Functions
from tests.template_file import ROOT


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_function_handles_itsevent(functions: Functions, file: Path) -> None:
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


def test_the_outbox_wakes_a_pushed_job(functions: Functions) -> None:
    functions.invoke("outbox", event("outbox/pushed_job_queued"))
    assert functions.messages("retry") == [{"jobId": "job_push", "leaseNumber": 0}]


def test_the_outbox_announces_a_processed_asset(functions: Functions) -> None:
    functions.invoke("outbox", event("outbox/asset_processed"))
    [told] = functions.messages("events")
    assert told["detail-type"] == "asset.processed"
    assert told["detail"]["assetId"] == "as_1"


def test_a_record_that_cannot_be_read_is_reported_and_the_others_are_handled(functions: Functions) -> None:
    good, bad = event("outbox/job_dead")["Records"][0], event("outbox/pushed_job_queued")["Records"][0]
    del bad["dynamodb"]["NewImage"]["status"]
    answer = functions.invoke("outbox", {"Records": [bad, good]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad["dynamodb"]["SequenceNumber"]}]}
    assert len(functions.messages("dead")) == 1


def test_what_was_deleted_after_its_retention_has_no_follow_up(functions: Functions) -> None:
    functions.invoke("outbox", event("outbox/deleted_after_retention"))
    assert functions.messages("dead") == functions.messages("events") == []


def test_a_wake_up_for_a_job_that_is_gone_is_settled(functions: Functions) -> None:
    assert functions.invoke("thumbnail", event("thumbnail/wake_up")) == {"batchItemFailures": []}
