"""Worker processes as they are run in earnest: `leasehold worker run`, and what signals do to them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.client.fake_api import FakeApi

SOON = 20.0
MODULE = """
import pathlib, time
from leasehold_client import AsyncWorker, Worker

# One at a time: killed with a job in its hands, it has no request for another under way, which would lease to nobody.
worker = Worker(concurrency=1, wait=0.2, longest_pause=0.05, grace={grace})
not_a_worker = 3

@worker.task("report.render")
def render(job):
    deadline = time.monotonic() + {seconds}
    while not pathlib.Path("go").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return {{"by": "the process"}}

async_worker = AsyncWorker(wait=0.2, longest_pause=0.05)

@async_worker.task("demo.echo")
async def echo(job):
    async_worker.stop()
    return dict(job.payload)
"""
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(served_api: FakeApi, tmp_path: Path) -> Iterator[Start]:
    """Start `leasehold worker run` in a folder with a module; what still runs at the end is killed."""
    processes: list[subprocess.Popen[str]] = []

    def begin(what: str = "reports:worker", *, grace: float = 20, seconds: float = SOON) -> "subprocess.Popen[str]":
        (tmp_path / "reports.py").write_text(MODULE.format(grace=grace, seconds=seconds))
        command = [sys.executable, "-m", "leasehold_client", "worker", "run", what, "--json"]
        processes.append(
            subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return processes[-1]

    yield begin
    for each in processes:
        if each.poll() is None:
            each.kill()
        each.communicate(timeout=SOON)


def leased(api: FakeApi, job: dict[str, object], times: int = 1) -> None:
    """Wait until the job has been leased so often."""
    with api.changed:
        assert api.changed.wait_for(lambda: job["leaseNumber"] == times and job["status"] == "leased", SOON)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_lets_the_running_job_finish(
    served_api: FakeApi, start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    job = served_api.add_job("report.render")
    process = start()
    assert process.stdout is not None
    first = [process.stdout.readline() for _ in range(2)]  # working, started
    process.send_signal(number)
    third = process.stdout.readline()  # stopping
    (tmp_path / "go").touch()
    out, errors = process.communicate(timeout=SOON)
    assert (process.returncode, errors) == (0, "")
    assert served_api.events(job) == ["queued", "leased", "succeeded"]
    lines = [json.loads(line) for line in [*first, third, *out.splitlines()]]
    assert [line["message"] for line in lines] == ["working", "started", "stopping", "reported", "stopped"]
    assert lines[1]["job_id"] == job["jobId"]


def test_signal_releases_the_job_that_does_not_finish_in_time(served_api: FakeApi, start: Start) -> None:
    job = served_api.add_job("report.render")
    process = start(grace=0)
    leased(served_api, job)
    process.terminate()
    process.communicate(timeout=SOON)
    assert process.returncode == 0
    events = served_api.events(job)
    assert events[:3] == ["queued", "leased", "released"]
    # A poll that was under way may bring the job once more; it is given back again.
    assert events[3:] in ([], ["leased", "released"])
    assert (job["status"], job["attempt"]) == ("queued", 0)


def test_job_of_a_killed_worker_runs_again_in_another(served_api: FakeApi, start: Start, tmp_path: Path) -> None:
    job = served_api.add_job("report.render")
    first = start()
    leased(served_api, job)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate(timeout=SOON)
    assert job["status"] == "leased"
    served_api.offset += served_api.lease_seconds  # its lease runs out
    served_api.backoff_seconds = 0
    second = start()
    leased(served_api, job, times=2)
    (tmp_path / "go").touch()
    with served_api.changed:
        assert served_api.changed.wait_for(lambda: job["status"] == "succeeded", SOON)
    second.terminate()
    second.communicate(timeout=SOON)
    assert served_api.events(job) == ["queued", "leased", "failed", "leased", "succeeded"]
    assert (job["attempt"], job["result"]) == (1, {"by": "the process"})


def test_async_worker_from_the_command_line(served_api: FakeApi, start: Start) -> None:
    job = served_api.add_job(payload={"n": 1})
    process = start("reports:async_worker")
    process.communicate(timeout=SOON)
    assert process.returncode == 0
    assert job["result"] == {"n": 1}
