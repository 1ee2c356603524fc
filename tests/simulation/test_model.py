"""Random commands of many workers against a plain model of what a queue of leases must do."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from leasehold.errors import AlreadyFinished, LeaseConflict, NotInDlq
from leasehold.job import Job
from leasehold.order import Order
from leasehold.store import JobStore
from tests.rig import ADMIN, Rig, broken, by
from tests.simulation.world import check_history
from tests.template_file import create_tables

_FINAL = ("succeeded", "dlq", "cancelled")
_LEASE_MS = 120_000
_BASE_MS = 10_000
_WORKERS = st.sampled_from(["worker_a", "worker_b", "worker_c"])
_VERBS = ["succeed", "fail", "fail for good", "release", "heartbeat"]
_SECONDS = st.sampled_from([0.001, 10, 119, 120, 121, 5000])
_DELAYS = st.sampled_from([0, 0, 0, 10, 5000])


@dataclass
class Expected:
    """What the model knows of one job."""

    max_attempts: int
    priority: str
    due_at: int
    status: str = "queued"
    attempt: int = 0
    lease_number: int = 0
    worker: str | None = None
    expires_at: int = 0
    reports: list[tuple[int, str]] = field(default_factory=list)  # the lease each was made under, and its verb

    def fail(self, now: int) -> None:
        self.attempt += 1
        self.worker = None
        if self.attempt >= self.max_attempts:
            self.status = "dlq"
        else:
            self.status, self.due_at = "queued", now + min(3_600_000, _BASE_MS * 2 ** (self.attempt - 1))


class Queue(RuleBasedStateMachine):
    """Commands on the real service and on the model; whatever one does the other must do."""

    dynamodb: Any = None

    @initialize()
    def begin(self) -> None:
        self.rig = Rig(self.dynamodb, create_tables(self.dynamodb, f"model-{uuid.uuid4().hex}"))
        self.model: dict[str, Expected] = {}
        self.leases: list[Job] = []
        self.largest_lease: dict[str, int] = {}
        self.enqueue(3, "normal", 0)
        self.enqueue(2, "high", 0)
        self.lease("worker_a", 2)

    @property
    def now(self) -> int:
        return self.rig.clock.now

    # ---- commands ----

    @rule(max_attempts=st.integers(1, 3), priority=st.sampled_from(["high", "normal", "low"]), delay=_DELAYS)
    def enqueue(self, max_attempts: int, priority: Any, delay: float) -> None:
        order = Order("demo.echo", {}, None, delay, priority, max_attempts)
        # Keys make ids that are the same in each run: a test that is played again must draw the same.
        job, _ = self.rig.jobs.enqueue(order, ADMIN, f"key-{len(self.model)}")
        self.model[job.job_id] = Expected(max_attempts, priority, self.now + round(delay * 1000))

    @rule(seconds=_SECONDS)
    def time_passes(self, seconds: float) -> None:
        self.rig.clock.move(seconds)

    @rule(worker=_WORKERS, at_most=st.integers(1, 3))
    def lease(self, worker: str, at_most: int) -> None:
        jobs = self.rig.jobs.lease(["demo.echo"], worker, ADMIN, at_most=at_most)
        takeable = {
            job_id: each
            for job_id, each in self.model.items()
            if (each.status == "queued" and each.due_at <= self.now)
            or (each.status == "leased" and each.expires_at <= self.now)
        }
        alive = {
            job_id
            for job_id, each in takeable.items()
            if each.status == "queued" or each.attempt + 1 < each.max_attempts
        }
        assert len(jobs) == min(at_most, len(alive))
        order = ["high", "normal", "low"]
        ranks = [order.index(job.priority) for job in jobs]
        assert ranks == sorted(ranks)
        if jobs and len(jobs) < len(alive):
            left = alive - {job.job_id for job in jobs}
            assert max(ranks) <= min(order.index(self.model[job_id].priority) for job_id in left)
        for job in jobs:
            expected = self.model[job.job_id]
            if expected.status == "leased":
                expected.fail(self.now)
                assert expected.status != "dlq"
            expected.status, expected.worker = "leased", worker
            expected.lease_number += 1
            expected.expires_at = self.now + _LEASE_MS
            self.leases.append(job)
        # Leases on the last attempt that the call came by are dead now; those it had no need to look at are not.
        for job_id in [each for each in takeable if each not in alive]:
            if self.rig.now_is_id(job_id).status == "dlq":
                self.model[job_id].fail(self.now)

    @rule(worker=_WORKERS)
    def leases_run_out_and_are_taken_over(self, worker: str) -> None:
        self.time_passes(121)
        self.lease(worker, 3)

    @rule()
    def sweep(self) -> None:
        for priority in ("high", "normal", "low"):
            for seen in self.rig.dispatch.every_due("demo.echo", 1, priority, until=self.now):
                if seen.status == "leased":
                    assert self.rig.jobs.expire(seen)
                    self.model[seen.job_id].fail(self.now)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), verb=st.sampled_from(_VERBS), with_token=st.booleans())
    def report(self, data: st.DataObject, verb: str, with_token: bool) -> None:
        job = data.draw(st.sampled_from(self.leases))
        expected = self.model[job.job_id]
        who = by(job, with_token=with_token)
        holds = expected.status == "leased" and expected.worker == job.worker_id
        same_lease = expected.lease_number == job.lease_number
        if with_token:
            holds = holds and same_lease
        name = verb.split()[0]
        under = job.lease_number if with_token else expected.lease_number
        if with_token:
            repeated = (under, name) in expected.reports[-3:]
        else:
            repeated = expected.reports[-1:] == [(under, name)] and expected.status != "leased"
            repeated = repeated and self._last_reporter(expected) == job.worker_id
        try:
            if verb == "succeed":
                self.rig.jobs.succeed(who, {})
            elif name == "fail":
                self.rig.jobs.fail(who, broken(retryable=verb == "fail"))
            elif verb == "release":
                self.rig.jobs.release(who)
            else:
                beat = self.rig.jobs.heartbeat(who)
                if beat.cancel_requested:
                    assert expected.status == "cancelled"
                    return
        except LeaseConflict:
            assert not repeated
            assert not holds or (verb == "heartbeat" and expected.expires_at <= self.now)
            return
        if not holds:
            assert repeated
            return
        if verb == "heartbeat":
            assert expected.expires_at > self.now
            expected.expires_at = self.now + _LEASE_MS
            return
        expected.reports.append((expected.lease_number, name))
        self._reporters[id(expected)] = str(expected.worker)
        if verb == "succeed":
            expected.status, expected.worker = "succeeded", None
        elif verb == "release":
            expected.status, expected.worker, expected.due_at = "queued", None, self.now
        elif verb == "fail":
            expected.fail(self.now)
        else:
            expected.attempt, expected.status, expected.worker = expected.attempt + 1, "dlq", None

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(list(self.model)))
        expected = self.model[job_id]
        try:
            self.rig.jobs.cancel(job_id, ADMIN)
        except AlreadyFinished:
            assert expected.status in ("succeeded", "dlq")
            return
        assert expected.status in ("queued", "leased", "cancelled")
        expected.status = "cancelled"

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def redrive(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(list(self.model)))
        expected = self.model[job_id]
        try:
            self.rig.jobs.redrive(job_id, ADMIN)
        except NotInDlq:
            assert expected.status != "dlq"
            return
        assert expected.status == "dlq"
        expected.status, expected.attempt, expected.due_at = "queued", 0, self.now

    # ---- what always holds ----

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        waiting = {
            seen.job_id
            for priority in ("high", "normal", "low")
            for seen in self.rig.dispatch.every_due("demo.echo", 1, priority, until=self.now + 10**12)
        }
        for job_id, expected in self.model.items():
            job = self.rig.now_is_id(job_id)
            check_history(job)
            assert (job.status, job.attempt, job.lease_number) == (
                expected.status,
                expected.attempt,
                expected.lease_number,
            )
            assert job.attempt <= job.max_attempts
            assert job.lease_number >= self.largest_lease.get(job_id, 0)
            self.largest_lease[job_id] = job.lease_number
            assert (job.worker_id if job.status == "leased" else None) == (
                expected.worker if expected.status == "leased" else None
            )
            if job.status == "queued":
                assert job.next_run_at == expected.due_at
            assert (job_id in waiting) == (job.status not in _FINAL)

    # ---- within ----

    def __init__(self) -> None:
        super().__init__()
        self._reporters: dict[int, str] = {}

    def _last_reporter(self, expected: Expected) -> str | None:
        return self._reporters.get(id(expected))


def _run(dynamodb: Any, examples: int) -> None:
    class Machine(Queue):
        pass

    Machine.dynamodb = dynamodb
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            phases=[Phase.generate],  # shrinking takes minutes; `make soak` prints what fails, with its steps
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_service_does_what_the_model_does(moto_dynamodb: Any) -> None:
    _run(moto_dynamodb, 10)


@pytest.mark.soak
def test_the_service_does_what_the_model_does_for_long(moto_dynamodb: Any) -> None:
    _run(moto_dynamodb, 500)


def test_a_missing_fence_is_found(moto_dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of the test: a store that takes the report of anybody, as long as somebody holds the job."""
    monkeypatch.setattr("leasehold.store.HELD", "#status = :leased")
    real = JobStore._update

    def update(self: JobStore, job_id: str, condition: str, values: Any, *rest: Any, **more: Any) -> Any:
        used = {name: value for name, value in values.items() if name in condition}
        return real(self, job_id, condition, used, *rest, **more)

    monkeypatch.setattr(JobStore, "_update", update)
    with pytest.raises(AssertionError):
        _run(moto_dynamodb, 40)
