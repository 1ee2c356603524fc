"""Workers whose handlers are plain functions, each in a thread of its own."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from leasehold_client import Cancelled, RunningJob, Worker
from tests.client.fake_api import TOKEN, URL, FakeApi

SOON = 10.0  # seconds that nothing here takes


@pytest.fixture
def api() -> FakeApi:
    api = FakeApi()
    api.lease_seconds = 0.15  # a heartbeat each 0.05 s; its clock stands still, so it never runs out
    return api


def a_worker(api: FakeApi, handler: Callable[[RunningJob], Any], **settings: Any) -> Worker:
    worker = Worker(URL, TOKEN, transport=api.async_transport, wait=0, longest_pause=0.02, **settings)
    worker.task("demo.echo")(handler)
    return worker


def test_handlers_run_beside_each_other_in_threads(api: FakeApi) -> None:
    together = threading.Barrier(3)
    jobs = [api.add_job(payload={"n": n}) for n in range(3)]

    def work(job: RunningJob) -> dict[str, Any]:
        if together.wait(SOON) == 0:
            worker.stop()  # once: a second stop would release the others
        return {"n": job.payload["n"], "main": threading.current_thread() is threading.main_thread()}

    worker = a_worker(api, work, concurrency=3)
    worker.run()
    assert [job["result"] for job in jobs] == [{"n": n, "main": False} for n in range(3)]


def test_heartbeats_go_on_while_a_handler_blocks_and_bring_the_cancellation(api: FakeApi) -> None:
    job = api.add_job()
    seen: list[BaseException] = []

    def works(running: RunningJob) -> None:
        with api.changed:
            assert api.changed.wait_for(lambda: api.seen["heartbeat"] >= 2, SOON)
            api._cancel(job)
        beat = threading.Event()
        try:
            for _ in range(1_000):
                running.check()
                beat.wait(SOON / 1_000)
        except Cancelled as cancelled:
            seen.append(cancelled)
            raise
        finally:
            worker.stop()

    worker = a_worker(api, works)
    worker.run()
    assert len(seen) == 1
    assert api.events(job) == ["queued", "leased", "cancelled"]
    assert api.seen["succeed"] + api.seen["fail"] + api.seen["release"] == 0


def test_handler_that_never_ends_does_not_keep_the_worker(api: FakeApi) -> None:
    job = api.add_job()
    go_on = threading.Event()
    ended = threading.Event()
    stopped: list[str] = []

    def hangs(running: RunningJob) -> dict[str, bool]:
        worker.stop()
        go_on.wait(SOON)
        stopped.append("lost" if running.lease_lost else "")
        ended.set()
        return {"late": True}

    worker = a_worker(api, hangs, grace=0)
    worker.run()
    assert api.events(job) == ["queued", "leased", "released"]
    go_on.set()
    assert ended.wait(SOON)
    assert stopped == ["lost"]
    assert api.seen["succeed"] == 0


@pytest.mark.parametrize("fault", [SystemExit(1), KeyboardInterrupt(), StopIteration()])
def test_handler_can_not_end_its_worker(api: FakeApi, fault: BaseException) -> None:
    first, second = api.add_job(), api.add_job(payload={"last": True})

    def work(job: RunningJob) -> None:
        if job.payload:
            worker.stop()
        else:
            raise fault

    worker = a_worker(api, work, concurrency=1)
    worker.run()
    assert (first["status"], first["attempt"]) == ("queued", 1)
    assert second["status"] == "succeeded"


def test_worker_runs_in_any_thread_and_is_stopped_from_another(api: FakeApi) -> None:
    done = threading.Event()
    worker = a_worker(api, lambda _job: done.set())
    thread = threading.Thread(target=worker.run)
    thread.start()
    api.add_job()
    assert done.wait(SOON)
    worker.stop()
    thread.join(SOON)
    assert not thread.is_alive()
    assert api.only_job["status"] == "succeeded"
