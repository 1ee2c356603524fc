"""The client, the worker and the command line against the embedded stack: what the fake API was made after."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leasehold_client import (
    Cancelled,
    Client,
    Conflict,
    Invalid,
    LeaseConflict,
    NotAllowed,
    NotFound,
    Reject,
    RunningJob,
    Worker,
)
from leasehold_client.models import Status
from tests.client.conftest import Shell

pytestmark = pytest.mark.stack
SAMPLE = Path(__file__).parents[2] / "samples" / "harbour.jpg"
SOON = 60.0
Stack = dict[str, Any]


@pytest.fixture
def admin(stack: Stack) -> Iterator[Client]:
    with Client(stack["apiUrl"], stack["tokens"]["admin"]) as client:
        yield client


@pytest.fixture
def connected(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The stack is found as users find it: by its file, from a folder below."""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(stack))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")


@pytest.fixture(autouse=True)
def no_leftovers(admin: Client) -> None:
    """What other tests have left in the queue would be leased here."""
    unfinished: list[Status] = ["queued", "leased"]
    for status in unfinished:
        for job in admin.every_job(status=status, job_type="demo.echo"):
            admin.cancel(job.job_id)


def a_worker(stack: Stack, **settings: Any) -> Worker:
    return Worker(stack["apiUrl"], stack["tokens"]["worker"], wait=1, longest_pause=0.2, **settings)


def test_worker_runs_a_job_and_its_life_is_in_the_history(stack: Stack, admin: Client) -> None:
    worker = a_worker(stack)
    made = admin.enqueue("demo.echo", {"n": 1})

    @worker.task("demo.echo")
    def echo(job: RunningJob) -> dict[str, Any]:
        if job.id == made.job_id:
            worker.stop()
        return {"payload": dict(job.payload)}

    worker.run()
    job = admin.job(made.job_id)
    assert (job.status, job.result, job.attempt) == ("succeeded", {"payload": {"n": 1}}, 0)
    assert [each.event for each in job.history] == ["queued", "leased", "succeeded"]
    assert job.history[1].worker_id == worker.worker_id


def test_heartbeats_carry_progress_and_bring_a_cancellation(stack: Stack, admin: Client) -> None:
    worker = a_worker(stack, lease_seconds=3)
    made = admin.enqueue("demo.echo")
    seen: list[str] = []

    @worker.task("demo.echo")
    def works(job: RunningJob) -> None:
        pause = threading.Event()
        try:
            job.progress(0.5, "half")
            for _ in range(int(SOON / 0.1)):
                told = admin.job(job.id)
                if told.progress == 0.5 and told.progress_message == "half":
                    admin.cancel(job.id)
                job.check()
                pause.wait(0.1)
        except Cancelled:
            seen.append("cancelled")
            raise
        finally:
            worker.stop()

    worker.run()
    assert seen == ["cancelled"]
    job = admin.job(made.job_id)
    assert (job.status, [each.event for each in job.history]) == ("cancelled", ["queued", "leased", "cancelled"])


def test_killed_workers_job_runs_again(stack: Stack, admin: Client, connected: None, tmp_path: Path) -> None:
    Path("hangs.py").write_text(
        "import time\n"
        "from leasehold_client import Worker\n"
        "worker = Worker(wait=1, lease_seconds=2)\n"
        "@worker.task('demo.echo')\n"
        "def hang(job):\n"
        "    time.sleep(1000)\n"
    )
    made = admin.enqueue("demo.echo")
    command = [sys.executable, "-m", "leasehold_client", "worker", "run", "hangs:worker", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["message"] == "started":
                break
        os.kill(process.pid, signal.SIGKILL)
    worker = a_worker(stack)

    @worker.task("demo.echo")
    def works(job: RunningJob) -> None:
        worker.stop()

    worker.run()
    job = admin.job(made.job_id)
    assert (job.status, job.attempt) == ("succeeded", 1)
    assert [each.event for each in job.history] == ["queued", "leased", "failed", "leased", "succeeded"]


def test_reports_are_repeatable_and_fenced(admin: Client) -> None:
    made = admin.enqueue("demo.echo")
    [leased] = admin.lease(["demo.echo"], worker_id="worker-1", wait_seconds=5)
    mine: dict[str, Any] = {"worker_id": "worker-1", "lease_token": leased.lease_token}
    assert leased.lease_seconds == 120
    first = admin.succeed(made.job_id, {"n": 1}, **mine)
    assert admin.succeed(made.job_id, {"n": 1}, **mine) == first
    with pytest.raises(LeaseConflict):
        admin.fail(made.job_id, "no", **mine)
    with pytest.raises(LeaseConflict):
        admin.heartbeat("job_none", **mine)


def test_dead_job_is_redriven_from_the_shell(stack: Stack, admin: Client, connected: None, leasehold: Shell) -> None:
    job_id = leasehold("enqueue", "demo.echo", '{"bad": true}').out.strip()
    worker = a_worker(stack)

    @worker.task("demo.echo")
    def rejects(job: RunningJob) -> None:
        worker.stop()
        if job.attempt == 0 and "bad" in job.payload and job.lease_number == 1:
            raise Reject("bad_payload", "it says so itself")

    worker.run()
    dead = {row[0]: row for row in leasehold("jobs", "--status", "dlq", "--code", "bad_payload").rows}
    assert dead[job_id][-1] == "bad_payload"
    assert leasehold("job", job_id, "--watch").status == 6
    assert leasehold("redrive", "--code", "bad_payload", "--type", "demo.echo", "--yes", "--json").json == {
        "redriven": 1
    }
    worker.run()
    assert leasehold("job", job_id, "--watch", "--json").status == 0
    with pytest.raises(Conflict) as caught:
        admin.redrive(job_id)
    assert caught.value.code == "not_in_dlq"


def test_pictures_from_the_shell(connected: None, leasehold: Shell) -> None:
    Path("notes.txt").write_text("no picture")
    ran = leasehold("upload", str(SAMPLE), "notes.txt", "--json")
    assert ran.status == 6
    good, bad = ran.json["files"]
    assert (good["status"], good["asset"]["thumbnails"][0]["variant"]) == ("ready", "320")
    assert (bad["status"], bad["error"]["code"]) == ("failed", "unsupported_image")
    shown = leasehold("assets", good["assetId"], "--json").json
    assert shown["thumbnailAssetId"] == shown["thumbnails"][0]["assetId"]
    again = leasehold("assets", good["assetId"], "--again").out.strip()
    assert leasehold("job", again, "--watch", "--timeout", "1m").status == 0
    names = [row[2] for row in leasehold("assets").rows]
    assert names.index("notes.txt") in (0, 1)


def test_thumbnail_address_is_good(admin: Client) -> None:
    import httpx

    asset_id = admin.upload(SAMPLE)
    pause = threading.Event()
    for _ in range(int(SOON / 0.2)):
        if admin.asset(asset_id).processed:
            break
        pause.wait(0.2)
    answer = httpx.get(admin.thumbnail_url(asset_id, "320"), trust_env=False)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    with pytest.raises(NotFound) as caught:
        admin.thumbnail_url(asset_id, "none")
    assert caught.value.code == "not_ready"


def test_tokens_of_each_kind(stack: Stack, admin: Client) -> None:
    made = admin.create_token("worker", "farm", types=["demo.echo"], worker_ids=["farm-*"], expires_in_days=1)
    assert made.token_id in [each.token_id for each in admin.tokens()]
    with Client(stack["apiUrl"], made.secret) as client:
        assert client.lease(["demo.echo"], worker_id="farm-1") == []
        with pytest.raises(NotAllowed) as caught:
            client.lease(["demo.echo"], worker_id="other-1")
        assert caught.value.code == "forbidden"
        with pytest.raises(NotAllowed):
            client.enqueue("demo.echo")
    with Client(stack["apiUrl"], admin.rotate_token(made.token_id).secret) as client:
        assert client.lease(["demo.echo"], worker_id="farm-1") == []
    admin.revoke_token(made.token_id)
    with pytest.raises(NotFound):
        admin.revoke_token(made.token_id)


def test_readers_and_refusals(stack: Stack, admin: Client, connected: None, leasehold: Shell) -> None:
    assert "demo.echo" in {each.type for each in admin.types()}
    assert "demo.echo" in {each.type for each in admin.stats().types}
    assert admin.health()["status"] == "ok"
    with pytest.raises(Invalid) as caught:
        admin.enqueue("thumbnail.create", {"assetId": 3})
    assert caught.value.code == "validation_error"
    assert {each["field"] for each in caught.value.details} >= {"payload.assetId"}
    first = admin.enqueue("demo.echo", {"n": 1}, idempotency_key=f"key-{os.getpid()}", delay_seconds=3_600)
    assert admin.enqueue("demo.echo", {"n": 1}, idempotency_key=f"key-{os.getpid()}", delay_seconds=3_600) == first
    assert leasehold("cancel", first.job_id).rows == [[first.job_id, "cancelled"]]
    assert leasehold("open").out.strip() == stack["consoleUrl"]
    assert leasehold("jobs", "--token", "lh_wrong").status == 4
