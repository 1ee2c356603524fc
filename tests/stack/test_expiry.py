"""Workers that die, and what the queue makes of it."""

import json
import os
import signal
import subprocess
import sys

import pytest

from leasehold import times
from leasehold.sweeper import MESSAGE_LOST_AFTER
from tests.stack.deployment import Deployment, eventually

pytestmark = pytest.mark.stack

_WORKER = """
import json, sys, time, urllib.request
url, token = sys.argv[1:]
headers = {"Authorization": "Bearer " + token, "X-Worker-Id": "doomed-worker"}
request = urllib.request.Request(url + "/jobs/lease?type=demo.brief&wait=20", headers=headers)
[job] = json.loads(urllib.request.urlopen(request, timeout=30).read())["jobs"]
print(job["jobId"], flush=True)
time.sleep(600)
"""


def test_the_job_of_a_worker_that_is_killed_runs_again(deployment: Deployment) -> None:
    job = deployment.json("POST", "/jobs", {"type": "demo.brief", "payload": {}, "maxAttempts": 2}, 201)
    arguments = [deployment.description["apiUrl"], deployment.description["tokens"]["worker"]]
    worker = subprocess.Popen([sys.executable, "-c", _WORKER, *arguments], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    with worker.stdout as said:
        assert said.readline().strip() == job["jobId"]
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()

    def take_over() -> list[dict[str, object]]:
        answer = deployment.json("GET", "/jobs/lease?type=demo.brief", role="worker", worker="heir-worker")
        return list(answer["jobs"])

    [taken] = eventually(take_over)
    assert (taken["jobId"], taken["attempt"], taken["leaseNumber"]) == (job["jobId"], 1, 2)
    late = deployment.call("POST", f"/jobs/{job['jobId']}/succeed", {"result": {}}, worker="doomed-worker")
    assert late.status_code == 409
    # The heir dies as well, and it was the last attempt.
    dead = eventually(
        lambda: (
            deployment.json("GET", "/jobs/lease?type=demo.brief", role="worker", worker="third-worker")["jobs"] == []
            and (stored := deployment.stored(job["jobId"]))["status"] == "dlq"
            and stored
        )
    )
    assert dead["lastError"]["code"] == "lease_expired"
    assert len(eventually(lambda: deployment.dead_letters(job["jobId"]))) == 1


def test_the_sweeper_finds_a_dead_worker_that_nobody_relieves(deployment: Deployment) -> None:
    job = deployment.leased("worker_a", "demo.brief", leaseSeconds=1)

    def swept() -> bool:
        invoked = deployment.aws("lambda").invoke(FunctionName=deployment.description["functions"]["sweeper"])
        assert "FunctionError" not in invoked
        json.loads(invoked["Payload"].read())
        return bool(deployment.stored(job["jobId"])["status"] == "queued")

    eventually(swept)
    stored = deployment.stored(job["jobId"])
    assert (stored["attempt"], stored["lastError"]["code"]) == (1, "lease_expired")
    assert stored["nextRunAt"] > stored["updatedAt"]


def test_a_pushed_job_whose_message_got_lost_is_woken_by_the_sweeper(deployment: Deployment) -> None:
    # Put straight into the table's past: no stream record of it makes a message that would be due.
    job = deployment.json(
        "POST",
        "/jobs",
        {"type": "thumbnail.create", "payload": {"assetId": "as_none", "versionNumber": 1}, "delaySeconds": 1000},
        201,
    )
    table, key = deployment.description["jobsTable"], {"jobId": {"S": job["jobId"]}}
    long_ago = {"S": times.written(times.read(job["createdAt"]) - MESSAGE_LOST_AFTER)}
    deployment.aws("dynamodb").update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET nextRunAt = :due, dueAt = :due",
        ExpressionAttributeValues={":due": long_ago},
    )
    deployment.aws("lambda").invoke(FunctionName=deployment.description["functions"]["sweeper"])
    done = eventually(lambda: (stored := deployment.stored(job["jobId"]))["status"] == "dlq" and stored)
    assert done["lastError"]["code"] == "asset_not_found"
