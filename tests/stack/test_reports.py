"""What becomes of a worker's reports, over real HTTP, through API Gateway, authorizer and roles."""

from datetime import datetime, timedelta

import pytest

from tests.stack.deployment import Deployment, eventually

pytestmark = pytest.mark.stack


def _time(text: str) -> datetime:
    assert len(text) == len("2026-01-01T00:00:00.000Z")
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def test_succeed_stores_the_result(deployment: Deployment) -> None:
    job = deployment.leased("worker_a")
    answer = deployment.json(
        "POST", f"/jobs/{job['jobId']}/succeed", {"result": {"pages": 3}}, role="worker", worker="worker_a"
    )
    assert answer == {"status": "succeeded", "jobId": job["jobId"]}
    stored = deployment.stored(job["jobId"])
    assert (stored["status"], stored["result"], stored["workerId"]) == ("succeeded", {"pages": 3}, None)


def test_fail_with_attempts_left_requeues_with_backoff(deployment: Deployment) -> None:
    job = deployment.leased("worker_a")
    report = {"error": {"message": "no paper", "code": "E_PAPER"}}
    answer = deployment.json("POST", f"/jobs/{job['jobId']}/fail", report, worker="worker_a", token=job["leaseToken"])
    stored = deployment.stored(job["jobId"])
    assert (answer["status"], answer["attempt"]) == ("queued", 1)
    assert answer["nextRunAt"] == stored["nextRunAt"]
    assert (stored["status"], stored["attempt"]) == ("queued", 1)
    assert (stored["workerId"], stored["leaseExpiresAt"]) == (None, None)
    wait = _time(stored["nextRunAt"]) - _time(stored["updatedAt"])
    assert timedelta(seconds=5) <= wait <= timedelta(seconds=10)
    assert (stored["lastError"]["code"], stored["lastError"]["message"]) == ("E_PAPER", "no paper")


def test_fail_of_the_last_attempt_goes_to_the_dead_letter_queue(deployment: Deployment) -> None:
    job = deployment.leased("worker_a", maxAttempts=1)
    answer = deployment.json(
        "POST", f"/jobs/{job['jobId']}/fail", {"error": {"message": "no"}}, worker="worker_a", token=job["leaseToken"]
    )
    stored = deployment.stored(job["jobId"])
    assert (answer["status"], stored["status"], stored["attempt"]) == ("dlq", "dlq", 1)
    assert stored["nextRunAt"] == answer["nextRunAt"] == stored["lastError"]["at"]
    [letter] = eventually(lambda: deployment.dead_letters(job["jobId"]))
    assert letter["job"]["lastError"]["message"] == "no"


def test_another_worker_is_refused_and_nothing_changes(deployment: Deployment) -> None:
    job = deployment.leased("worker_a")
    before = deployment.stored(job["jobId"])
    answer = deployment.json("POST", f"/jobs/{job['jobId']}/succeed", {"result": {}}, 409, worker="worker_b")
    assert answer["error"]["code"] == "lease_conflict"
    assert deployment.stored(job["jobId"]) == before


def test_a_repeated_report_gets_the_same_answer(deployment: Deployment) -> None:
    job = deployment.leased("worker_a")
    path, how = f"/jobs/{job['jobId']}/succeed", {"worker": "worker_a", "token": job["leaseToken"]}
    first = deployment.call("POST", path, {"result": {}}, **how)
    again = deployment.call("POST", path, {"result": {}}, **how)
    assert (first.status_code, first.text) == (again.status_code, again.text) == (200, first.text)
    refused = deployment.json("POST", f"/jobs/{job['jobId']}/fail", {"error": {"message": "x"}}, 409, **how)
    assert refused["error"]["code"] == "lease_conflict"


def test_health_is_open_and_the_rest_is_not(deployment: Deployment) -> None:
    assert deployment.http.get("/health").json()["status"] == "ok"
    assert deployment.http.get("/jobs").status_code == 401
    for wrong in ("Bearer lh_0000000000000000_" + "A" * 43, "Bearer x", "Basic YTpi"):
        assert deployment.http.get("/jobs", headers={"Authorization": wrong}).status_code == 403


@pytest.mark.parametrize(
    ("role", "method", "path", "allowed"),
    [
        ("viewer", "GET", "/jobs", True),
        ("viewer", "POST", "/jobs", False),
        ("viewer", "GET", "/jobs/lease?type=demo.echo", False),
        ("viewer", "GET", "/tokens", False),
        ("producer", "GET", "/stats", True),
        ("producer", "POST", "/jobs/job_none/succeed", False),
        ("producer", "POST", "/jobs/redrive", False),
        ("worker", "GET", "/assets", True),
        ("worker", "POST", "/jobs", False),
        ("worker", "POST", "/jobs/job_none/cancel", False),
        ("admin", "GET", "/tokens", True),
    ],
)
def test_a_role_opens_its_own_routes_only(
    deployment: Deployment, role: str, method: str, path: str, allowed: bool
) -> None:
    status = deployment.call(method, path, role=role).status_code
    assert (status == 403) is not allowed
    assert status < 500
