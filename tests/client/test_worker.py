"""A worker's life in virtual time: heartbeats, reports, cancellation, stops, and an API that is slow, dead or wrong."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from leasehold_client import AsyncWorker, Invalid, NotAllowed, Reject, Release, Retry, RunningJob
from leasehold_client.worker.timing import Timing
from tests.client import virtual_time
from tests.client.fake_api import TOKEN, URL, FakeApi
from tests.client.virtual_time import now

Handler = Callable[[RunningJob], Awaitable[Any]]


@pytest.fixture
def api() -> FakeApi:
    """Its clock is the loop's: a lease runs out when the worker thinks it does."""
    return FakeApi(lambda: 1_900_000_000.0 + _loop_time())


def _loop_time() -> float:
    try:
        return now()
    except RuntimeError:
        return 0.0


def a_worker(api: FakeApi, handler: Handler, **settings: Any) -> AsyncWorker:
    settings = {"worker_id": "worker-1", "token": TOKEN, "draw": lambda _low, high: high, **settings}
    worker = AsyncWorker(URL, transport=api.async_transport, timing=Timing(now, asyncio.sleep), **settings)
    worker.task("demo.echo")(handler)
    return worker


def serve(api: FakeApi, worker: AsyncWorker, *, stop_at: float) -> float:
    """Run the worker in virtual time, ask it to stop after `stop_at` seconds; when it had stopped."""

    async def serving() -> float:
        asyncio.get_running_loop().call_later(stop_at, worker.stop)
        await worker.run()
        return now()

    return virtual_time.run(serving())


async def returns_at_once(job: RunningJob) -> dict[str, Any]:
    return {"seen": job.payload}


def heartbeats(api: FakeApi) -> list[dict[str, Any]]:
    return [request.body for request in api.requests if request.verb == "heartbeat"]


# -- jobs and their reports -----------------------------------------------------------------------------------------


def test_job_is_leased_run_and_reported(api: FakeApi) -> None:
    job = api.add_job(payload={"n": 1})
    serve(api, a_worker(api, returns_at_once), stop_at=1)
    assert (job["status"], job["result"]) == ("succeeded", {"seen": {"n": 1}})
    assert api.events(job) == ["queued", "leased", "succeeded"]
    assert api.seen["heartbeat"] == 0


@pytest.mark.parametrize(
    ("fault", "status", "code", "next_run_in"),
    [
        (ValueError("bad"), "queued", "value_error", 10.0),
        (Retry("later", after=77, code="busy"), "queued", "busy", 77.0),
        (Reject("blank_page"), "dlq", "blank_page", 0.0),
    ],
)
def test_exceptions_fail_the_attempt(
    api: FakeApi, fault: Exception, status: str, code: str, next_run_in: float
) -> None:
    job = api.add_job()

    async def raises(_job: RunningJob) -> None:
        raise fault

    serve(api, a_worker(api, raises), stop_at=1)
    assert (job["status"], job["attempt"], job["lastError"]["code"]) == (status, 1, code)
    assert job["nextRunAt"] == pytest.approx(1_900_000_000 + next_run_in)


def test_released_job_uses_no_attempt_and_comes_back_after_its_wait(api: FakeApi) -> None:
    job = api.add_job()
    runs: list[float] = []

    async def not_now(running: RunningJob) -> None:
        runs.append(now())
        if len(runs) == 1:
            raise Release(after=60)

    serve(api, a_worker(api, not_now), stop_at=120)
    assert api.events(job) == ["queued", "leased", "released", "leased", "succeeded"]
    assert job["attempt"] == 0
    assert runs[1] - runs[0] >= 60


def test_result_that_is_refused_ends_the_job_instead_of_running_it_for_ever(api: FakeApi) -> None:
    job = api.add_job()

    async def returns_too_much(_job: RunningJob) -> dict[str, str]:
        return {"text": "x" * 70_000}

    serve(api, a_worker(api, returns_too_much), stop_at=1)
    assert (job["status"], job["lastError"]["code"]) == ("dlq", "payload_too_large")
    assert api.seen["succeed"] == 1


def test_no_more_jobs_run_at_once_than_allowed(api: FakeApi) -> None:
    jobs = [api.add_job() for _ in range(30)]
    at_once = most = 0

    async def work(_job: RunningJob) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(1)
        at_once -= 1

    serve(api, a_worker(api, work, concurrency=3), stop_at=60)
    assert most == 3
    assert {job["status"] for job in jobs} == {"succeeded"}


# -- polling --------------------------------------------------------------------------------------------------------


def test_idle_worker_asks_seldom(api: FakeApi) -> None:
    serve(api, a_worker(api, returns_at_once, wait=5, longest_pause=2), stop_at=700)
    assert 95 <= api.seen["lease"] <= 110  # 7 seconds a round


def test_job_that_comes_during_a_long_poll_is_taken_without_another(api: FakeApi) -> None:
    async def main() -> None:
        worker = a_worker(api, returns_at_once, wait=20)
        asyncio.get_running_loop().call_later(10, api.add_job)
        asyncio.get_running_loop().call_later(12, worker.stop)
        await worker.run()

    virtual_time.run(main())
    assert api.only_job["status"] == "succeeded"


def test_dead_api_is_asked_more_and_more_seldom_and_work_goes_on_when_it_is_back(api: FakeApi) -> None:
    api.dead = True
    job = api.add_job()

    async def main() -> None:
        worker = a_worker(api, returns_at_once)
        loop = asyncio.get_running_loop()
        loop.call_later(3_600, setattr, api, "dead", False)
        loop.call_later(3_700, worker.stop)
        await worker.run()

    virtual_time.run(main())
    assert job["status"] == "succeeded"
    assert 115 <= api.seen["lease"] <= 150  # one in 30 seconds, in the end


def test_retry_after_of_a_busy_api_is_kept_to(api: FakeApi) -> None:
    api.refuse("lease", 429, {"error": {"code": "throttled", "message": "x"}}, headers={"retry-after": "17"})
    job = api.add_job()
    serve(api, a_worker(api, returns_at_once), stop_at=60)
    assert job["history"][1]["at"] == "2030-03-17T17:46:57.000Z"


@pytest.mark.parametrize("refused", ["token", "type"])
def test_worker_that_is_refused_altogether_ends_with_the_reason(api: FakeApi, refused: str) -> None:
    worker = a_worker(api, returns_at_once, token="lh_wrong" if refused == "token" else TOKEN)
    if refused == "type":
        api.types.remove("demo.echo")
    with pytest.raises(NotAllowed if refused == "token" else Invalid):
        serve(api, worker, stop_at=3_600)
    assert api.seen["lease"] == 1


def test_token_revoked_under_way_lets_the_job_at_hand_be_finished(api: FakeApi) -> None:
    job = api.add_job()

    async def work(_job: RunningJob) -> None:
        api.refuse("lease", 403, {"message": "Forbidden"}, times=100)
        await asyncio.sleep(10)

    with pytest.raises(NotAllowed):
        serve(api, a_worker(api, work), stop_at=3_600)
    assert job["status"] == "succeeded"


# -- heartbeats -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clock_off_by", [0, 3_600, -3_600])
def test_heartbeats_hold_the_lease_whatever_the_clocks_say(api: FakeApi, clock_off_by: float) -> None:
    api.offset = clock_off_by
    job = api.add_job()

    async def takes_long(_job: RunningJob) -> None:
        await asyncio.sleep(595)

    serve(api, a_worker(api, takes_long), stop_at=600)
    assert api.events(job) == ["queued", "leased", "succeeded"]
    assert api.seen["heartbeat"] == 59  # every 10 seconds of a lease of 30


def test_progress_is_told_soon_but_not_each_time(api: FakeApi) -> None:
    job = api.add_job()

    async def works(running: RunningJob) -> None:
        for nth in range(100):
            running.progress(nth / 100, f"step {nth}")
        await asyncio.sleep(3)
        assert job["progressMessage"] == "step 99"
        running.progress(1)
        await asyncio.sleep(3)
        assert job["progress"] == 1

    serve(api, a_worker(api, works), stop_at=7)
    assert [beat["progress"] for beat in heartbeats(api)] == [0.99, 1]
    assert job["status"] == "succeeded"


def test_progress_that_is_told_all_the_time_is_not_sent_all_the_time(api: FakeApi) -> None:
    api.add_job()

    async def works(running: RunningJob) -> None:
        for nth in range(200):
            running.progress(nth / 200)
            await asyncio.sleep(0.1)

    serve(api, a_worker(api, works), stop_at=21)
    assert 8 <= len(heartbeats(api)) <= 11  # one in 2 seconds


def test_heartbeat_without_an_answer_is_repeated_before_the_lease_runs_out(api: FakeApi) -> None:
    job = api.add_job()
    api.lose_answers("heartbeat")
    api.refuse("heartbeat", 500, {"error": {"code": "server_error", "message": "x"}})

    async def takes_long(_job: RunningJob) -> None:
        await asyncio.sleep(40)

    serve(api, a_worker(api, takes_long), stop_at=41)
    assert api.events(job) == ["queued", "leased", "succeeded"]


def test_slow_api_does_not_cost_the_lease(api: FakeApi) -> None:
    """The answer that brings the job takes most of its lease; heartbeats are not even waited for."""
    api.delay = 12.0
    api.lease_seconds = 18.0
    job = api.add_job()

    async def takes_long(_job: RunningJob) -> None:
        await asyncio.sleep(120)

    serve(api, a_worker(api, takes_long), stop_at=150)
    assert api.events(job) == ["queued", "leased", "succeeded"]


def test_cancelled_job_is_interrupted_and_not_reported(api: FakeApi) -> None:
    job = api.add_job()
    seen: list[bool] = []

    async def takes_long(running: RunningJob) -> None:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            seen.append(running.cancelled)
            raise

    async def main() -> float:
        worker = a_worker(api, takes_long)
        asyncio.get_running_loop().call_later(15, lambda: api._cancel(job))
        asyncio.get_running_loop().call_later(21, worker.stop)
        await worker.run()
        return now()

    assert virtual_time.run(main()) < 30
    assert seen == [True]
    assert job["status"] == "cancelled"
    assert api.seen["succeed"] + api.seen["fail"] + api.seen["release"] == 0


def test_lost_lease_is_noticed_while_the_work_goes_on_not_at_its_end(api: FakeApi) -> None:
    job = api.add_job()
    lost: list[float] = []

    async def takes_long(running: RunningJob) -> None:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            lost.append(now())
            assert running.lease_lost
            raise

    async def main() -> None:
        worker = a_worker(api, takes_long, concurrency=1)
        asyncio.get_running_loop().call_later(5, lambda: job.update(workerId="another", leaseToken="9~x"))
        asyncio.get_running_loop().call_later(12, worker.stop)
        await worker.run()

    virtual_time.run(main())
    assert lost == [10.0]
    assert api.seen["succeed"] + api.seen["fail"] + api.seen["release"] == 0


# -- reports that don't get through ---------------------------------------------------------------------------------


def test_report_is_repeated_until_it_is_answered_and_counts_once(api: FakeApi) -> None:
    job = api.add_job()
    api.lose_answers("succeed", times=5)
    serve(api, a_worker(api, returns_at_once), stop_at=60)
    assert api.events(job) == ["queued", "leased", "succeeded"]
    assert api.seen["succeed"] == 6


def test_failure_whose_answer_got_lost_counts_one_attempt(api: FakeApi) -> None:
    job = api.add_job()
    api.backoff_seconds = 1_000
    api.lose_answers("fail", times=3)

    async def raises(_job: RunningJob) -> None:
        raise ValueError

    serve(api, a_worker(api, raises), stop_at=60)
    assert (job["attempt"], api.seen["fail"]) == (1, 4)


def test_report_outlives_an_hour_without_an_api(api: FakeApi) -> None:
    job = api.add_job()

    async def the_api_dies(_job: RunningJob) -> dict[str, bool]:
        api.dead = True
        asyncio.get_running_loop().call_later(3_600, setattr, api, "dead", False)
        return {"done": True}

    serve(api, a_worker(api, the_api_dies), stop_at=3_700)
    assert job["result"] == {"done": True}
    assert job["attempt"] == 0


def test_job_that_is_gone_ends_quietly_and_is_not_asked_for_ever(
    api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    job = api.add_job()

    async def is_deleted(_job: RunningJob) -> None:
        del api.jobs[job["jobId"]]

    with caplog.at_level(logging.INFO, "leasehold.worker"):
        serve(api, a_worker(api, is_deleted), stop_at=60)
    assert api.seen["succeed"] == 1
    told = [record for record in caplog.records if record.getMessage() == "the report came too late"]
    assert [(record.levelname, getattr(record, "job_id", None)) for record in told] == [("INFO", job["jobId"])]


def test_api_that_always_breaks_on_a_report_is_given_up(api: FakeApi) -> None:
    api.lease_seconds = 10_000
    api.add_job()
    api.refuse("succeed", 500, {"error": {"code": "server_error", "message": "x"}}, times=1_000)
    serve(api, a_worker(api, returns_at_once), stop_at=600)
    assert api.seen["succeed"] == 8


def test_late_report_of_a_lease_that_nobody_took_over_is_made(api: FakeApi) -> None:
    """A worker that was asleep for an hour, as a laptop is, still has its result taken."""
    job = api.add_job()

    async def sleeps_through(_job: RunningJob) -> None:
        api.offset += 3_600

    serve(api, a_worker(api, sleeps_through), stop_at=1)
    assert job["status"] == "succeeded"


# -- stopping -------------------------------------------------------------------------------------------------------


def test_stop_lets_the_jobs_at_hand_finish_and_takes_no_more(api: FakeApi) -> None:
    job = api.add_job()

    async def takes_a_while(running: RunningJob) -> None:
        await asyncio.sleep(15)
        assert running.stopping

    async def main() -> float:
        worker = a_worker(api, takes_a_while, concurrency=1)
        asyncio.get_running_loop().call_later(5, worker.stop)
        asyncio.get_running_loop().call_later(6, api.add_job)
        await worker.run()
        return now()

    assert virtual_time.run(main()) == 15
    assert job["status"] == "succeeded"
    assert [each["status"] for each in api.jobs.values()] == ["succeeded", "queued"]


def test_job_that_does_not_finish_within_the_grace_is_released(api: FakeApi) -> None:
    job = api.add_job()

    async def takes_for_ever(_job: RunningJob) -> None:
        await asyncio.sleep(100_000)

    assert serve(api, a_worker(api, takes_for_ever, grace=20), stop_at=5) == 25
    assert (job["status"], job["attempt"]) == ("queued", 0)
    assert api.events(job) == ["queued", "leased", "released"]


def test_second_stop_releases_at_once(api: FakeApi) -> None:
    job = api.add_job()

    async def takes_for_ever(_job: RunningJob) -> None:
        await asyncio.sleep(100_000)

    async def main() -> float:
        worker = a_worker(api, takes_for_ever, concurrency=1)
        asyncio.get_running_loop().call_later(5, worker.stop)
        asyncio.get_running_loop().call_later(7, worker.stop)
        await worker.run()
        return now()

    assert virtual_time.run(main()) == 7
    assert api.events(job)[-1] == "released"


def test_stop_does_not_wait_for_ever_for_a_dead_api(api: FakeApi) -> None:
    job = api.add_job()

    async def the_api_dies(_job: RunningJob) -> None:
        api.dead = True

    assert serve(api, a_worker(api, the_api_dies, grace=20), stop_at=5) == 30
    assert job["status"] == "leased"


def test_jobs_that_a_poll_brings_after_the_stop_are_given_back(api: FakeApi) -> None:
    async def main() -> float:
        worker = a_worker(api, returns_at_once, wait=20)
        loop = asyncio.get_running_loop()
        loop.call_later(5, worker.stop)
        loop.call_later(6, api.add_job)
        await worker.run()
        return now()

    assert virtual_time.run(main()) == pytest.approx(6, abs=0.6)
    assert api.events(api.only_job) == ["queued", "leased", "released"]


def test_worker_that_was_stopped_before_it_ran_does_nothing(api: FakeApi) -> None:
    api.add_job()
    worker = a_worker(api, returns_at_once)
    worker.stop()
    virtual_time.run(worker.run())
    assert api.only_job["status"] == "queued"


# -- two workers ----------------------------------------------------------------------------------------------------


def test_job_of_a_worker_that_lost_the_api_runs_elsewhere_and_the_first_one_notices(api: FakeApi) -> None:
    job = api.add_job()
    told: list[str] = []

    async def main() -> None:
        async def is_cut_off(running: RunningJob) -> None:
            try:
                await asyncio.sleep(1_000)
            except asyncio.CancelledError:
                told.append("lost" if running.lease_lost else "?")
                raise

        async def works(_job: RunningJob) -> dict[str, str]:
            await asyncio.sleep(100)
            return {"by": "second"}

        first = a_worker(api, is_cut_off, worker_id="worker-1", concurrency=1)
        second = a_worker(api, works, worker_id="worker-2")
        # The first worker's heartbeats don't get through while its lease runs out.
        api.refuse("heartbeat", 503, {"message": "Service Unavailable"}, times=7)
        loop = asyncio.get_running_loop()
        loop.call_later(1, lambda: runs.append(asyncio.ensure_future(second.run())))
        runs: list[asyncio.Future[None]] = []
        loop.call_later(45, first.stop)
        loop.call_later(160, second.stop)
        await first.run()
        await asyncio.gather(*runs)

    virtual_time.run(main())
    assert told == ["lost"]
    assert job["result"] == {"by": "second"}
    assert job["attempt"] == 1
    assert api.events(job) == ["queued", "leased", "failed", "leased", "succeeded"]
