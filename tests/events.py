"""The files in events/, `events/<function>/<case>.json`, and what each is answered, wherever it is run."""

import json
from pathlib import Path
from typing import Any

from tests.template_file import ROOT

FILES = sorted((ROOT / "events").glob("*/*.json"))

# By file: what stands in the answer. A pair is an answer of HTTP: its status, and its error code if it has one.
ANSWERS: dict[str, dict[str, Any] | tuple[int, str | None]] = {
    "authorizer/no_token_of_ours": {"isAuthorized": False},
    "authorizer/wrong_token": {"isAuthorized": False},
    "console/index": (200, None),
    "jobs_api/enqueue": (201, None),
    "jobs_api/health": (200, None),
    "jobs_api/invite_upload": (201, None),
    "jobs_api/job_not_found": (404, "job_not_found"),
    "jobs_api/list_assets": (200, None),
    "jobs_api/list_jobs": (200, None),
    "jobs_api/stats": (200, None),
    "outbox/asset_processed": {"batchItemFailures": []},
    "outbox/deleted_after_retention": {"batchItemFailures": []},
    "outbox/job_dead": {"batchItemFailures": []},
    "outbox/pushed_job_queued": {"batchItemFailures": []},
    "sweeper/each_minute": {"failed": 0},
    "thumbnail/folder_key": {},
    "thumbnail/picture_uploaded": {},
    "thumbnail/s3_test_event": {},
    "thumbnail/wake_up": {"batchItemFailures": []},
    "worker_api/fail": (409, "lease_conflict"),
    "worker_api/heartbeat": (409, "lease_conflict"),
    "worker_api/lease": (200, None),
    "worker_api/release": (409, "lease_conflict"),
    "worker_api/succeed": (409, "lease_conflict"),
}


def name_of(file: Path) -> str:
    """`<function>/<case>`."""
    return f"{file.parent.name}/{file.stem}"


def event(name: str) -> dict[str, Any]:
    """The event of that name."""
    parsed: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return parsed


def logical_id(name: str) -> str:
    """The function of the template that the event is for."""
    return "".join(part.capitalize() for part in name.split("/")[0].split("_")) + "Function"


def check(name: str, answer: dict[str, Any]) -> None:
    """The answer is the one that this event gets."""
    expected = ANSWERS[name]
    assert "errorMessage" not in answer, answer
    if isinstance(expected, dict):
        assert expected.items() <= answer.items(), answer
        assert expected or not answer, answer
        return
    status, code = expected
    if name == "jobs_api/enqueue" and answer["statusCode"] == 200:
        status = 200  # run before: its idempotency key finds the same job
    assert answer["statusCode"] == status, answer
    if code is not None:
        assert json.loads(answer["body"])["error"]["code"] == code
