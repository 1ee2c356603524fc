"""Many workers at once on engines that are fit for it: exactly one winner each time, and every history a legal path."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from leasehold.errors import AlreadyFinished, LeaseConflict, NotInDlq
from leasehold.job import Job
from leasehold.store import JobStore
from tests.conftest import threaded_rig
from tests.rig import ADMIN, Rig, broken, by
from tests.simulation.world import check_history

WORKERS = 32
ENGINES = ["ministack", "dynamodb-local"]


@pytest.fixture(params=ENGINES)
def racing(request: pytest.FixtureRequest) -> Rig:
    """The service over an engine whose conditional writes are atomic, with a connection for each worker."""
    return threaded_rig(request, request.param, threads=WORKERS)


def at_once(contenders: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all of them from one start; their answers, None for those that were refused."""
    barrier = threading.Barrier(len(contenders))

    def run(contender: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return contender()
        except (LeaseConflict, AlreadyFinished, NotInDlq):
            return None

    with ThreadPoolExecutor(len(contenders)) as pool:
        return list(pool.map(run, contenders))


def test_one_job_is_leased_by_one_of_many_workers(racing: Rig) -> None:
    for _ in range(10):
        job = racing.enqueue()
        names = [f"worker_{nth:03d}" for nth in range(WORKERS)]
        answers = at_once([partial(racing.jobs.lease, ["demo.echo"], name, ADMIN) for name in names])
        winners = [leased for answer in answers for leased in answer]
        assert [winner.job_id for winner in winners] == [job.job_id]
        assert racing.now_is(job).lease_number == 1
        racing.jobs.succeed(by(winners[0]), {})


def test_many_jobs_are_leased_once_each_by_many_workers(racing: Rig) -> None:
    made = {racing.enqueue(priority=("high", "normal", "low")[nth % 3]).job_id for nth in range(100)}

    def drain(worker: str) -> list[str]:
        mine: list[str] = []
        while jobs := racing.jobs.lease(["demo.echo"], worker, ADMIN, at_most=3):
            for job in jobs:
                mine.append(job.job_id)
                racing.jobs.succeed(by(job), {})
        return mine

    with ThreadPoolExecutor(WORKERS) as pool:
        taken = [job_id for each in pool.map(drain, [f"worker_{nth:03d}" for nth in range(WORKERS)]) for job_id in each]
    left = racing.jobs.lease(["demo.echo"], "worker_last", ADMIN, at_most=10)
    taken += [job.job_id for job in left]
    assert len(taken) == len(set(taken))
    assert set(taken) <= made
    for job_id in made:
        check_history(racing.now_is_id(job_id))


def _contest(rig: Rig, job: Job, chance: random.Random) -> None:
    """Everything that can end or take a run-out lease, at once."""
    [seen] = [
        each for each in rig.dispatch.every_due(job.type, 1, "normal", until=rig.clock.now) if each.job_id == job.job_id
    ]
    ends: list[tuple[str, Callable[[], Any]]] = [
        ("succeed", lambda: rig.jobs.succeed(by(job), {}) and "succeed"),
        ("fail", lambda: rig.jobs.fail(by(job), broken()) and "fail"),
        ("release", lambda: rig.jobs.release(by(job), 3600) and "release"),
        ("cancel", lambda: rig.jobs.cancel(job.job_id, ADMIN) and "cancel"),
        ("expire", lambda: "expire" if rig.jobs.expire(seen) else None),
        ("take over", lambda: rig.jobs._leasing.take(seen, "worker_heir", None) and "take over"),
    ]
    contenders = [chance.choice(ends) for _ in range(8)]
    answers = at_once([contender for _, contender in contenders])
    stored = rig.now_is(job)
    check_history(stored)
    # A cancel looks again after a refusal, so it may follow a requeue or a take-over; every other end stands alone.
    changes = [change.event for change in stored.history[2:]]
    winners = {answer for answer in answers if answer is not None}
    ended = [change for change in changes if change != "cancelled"]
    assert len(ended) <= (2 if "take over" in winners else 1), (changes, answers)
    assert len([answer for answer in answers if answer in ("expire", "take over")]) <= 1
    # The same verb twice is answered twice (a repeated report); different verbs never both win.
    assert len(winners - {"cancel"}) <= 1, (changes, answers)
    assert changes, "somebody must win"
    assert ("cancelled" in changes) == (stored.status == "cancelled")


def _rounds(rig: Rig, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(rounds):
        job = rig.leased(lease_seconds=10, max_attempts=chance.choice([1, 5]))
        rig.clock.move(11)
        _contest(rig, job, chance)
        stored = rig.now_is(job)
        if stored.status in ("queued", "leased"):
            rig.jobs.cancel(job.job_id, ADMIN)


def test_of_all_that_can_end_a_lease_one_wins(racing: Rig) -> None:
    _rounds(racing, 500, seed=1)


@pytest.mark.soak
def test_of_all_that_can_end_a_lease_one_wins_for_long(racing: Rig) -> None:
    _rounds(racing, 5_000, seed=2)


def test_sweepers_and_workers_together_lose_no_job(racing: Rig) -> None:
    """Workers that die in the middle, heirs and two sweepers: each job runs to its end, and is finished once."""
    made = [racing.enqueue(lease_seconds=1, max_attempts=100).job_id for _ in range(40)]
    finished: list[str] = []
    stop = threading.Event()

    def work(nth: int) -> None:
        chance = random.Random(nth)
        while not stop.is_set():
            jobs = racing.jobs.lease(["demo.echo"], f"worker_{nth:03d}", ADMIN, at_most=2)
            if not jobs:
                stop.wait(0.02)  # leaves the machine to those that have something to do
            for job in jobs:
                if chance.random() < 0.5:
                    continue  # died with it
                try:
                    racing.jobs.succeed(by(job), {"by": nth})
                    finished.append(job.job_id)
                except LeaseConflict:
                    pass

    def sweep() -> None:
        while not stop.is_set():
            racing.clock.move(1)
            for seen in list(racing.dispatch.every_due("demo.echo", 1, "normal", until=racing.clock.now)):
                if seen.status == "leased":
                    racing.jobs.expire(seen)
            racing.clock.move(3_600)  # past the longest backoff
            if len(finished) >= len(made):
                stop.set()

    watchdog = threading.Timer(120, stop.set)
    watchdog.start()
    threads = [threading.Thread(target=work, args=(nth,)) for nth in range(16)]
    threads += [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watchdog.cancel()
    assert sorted(finished) == sorted(made)
    for job_id in made:
        stored = racing.now_is_id(job_id)
        check_history(stored)
        assert stored.status == "succeeded"


@pytest.mark.parametrize("racing", ["dynamodb-local"], indirect=True)
def test_a_missing_condition_is_found(racing: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of the test: a store that expires whatever it saw, without looking whether it is still so."""
    monkeypatch.setattr("leasehold.store.RUN_OUT_AS_SEEN", "attribute_exists(#jobId)")
    real = JobStore._update

    def update(self: JobStore, job_id: str, condition: str, values: Any, *rest: Any, **more: Any) -> Any:
        used = {name: value for name, value in values.items() if name in condition}
        return real(self, job_id, condition, used, *rest, **more)

    monkeypatch.setattr(JobStore, "_update", update)
    with pytest.raises(AssertionError):
        _rounds(racing, 250, seed=1)
