"""The table of docs/state-machine.md: what each call answers in each state."""

from collections.abc import Callable
from typing import Any

import pytest

from leasehold.errors import LeaseholdError
from leasehold.job import Job
from tests.rig import ADMIN, Rig, broken, by

CALLS: dict[str, Callable[[Rig, Job], Any]] = {
    "heartbeat": lambda rig, job: rig.jobs.heartbeat(by(job)),
    "succeed": lambda rig, job: rig.jobs.succeed(by(job), {}),
    "fail": lambda rig, job: rig.jobs.fail(by(job), broken()),
    "release": lambda rig, job: rig.jobs.release(by(job)),
    "cancel": lambda rig, job: rig.jobs.cancel(job.job_id, ADMIN),
    "redrive": lambda rig, job: rig.jobs.redrive(job.job_id, ADMIN),
}


def _run_out(rig: Rig, job: Job) -> None:
    rig.clock.move(121)


def _taken_over(rig: Rig, job: Job) -> None:
    _run_out(rig, job)
    rig.lease("worker_b")


def _expired(rig: Rig, job: Job) -> None:
    _run_out(rig, job)
    [seen] = rig.dispatch.due([("demo.echo", 1)], "normal", until=rig.clock.now, limit=1).candidates
    assert rig.jobs.expire(seen)


def _finished_by_another(rig: Rig, job: Job) -> None:
    _run_out(rig, job)
    rig.jobs.succeed(by(rig.lease("worker_b")), {})


def _dead_by_another(rig: Rig, job: Job) -> None:
    _run_out(rig, job)
    rig.jobs.fail(by(rig.lease("worker_b")), broken(retryable=False))


STATES: dict[str, Callable[[Rig, Job], Any]] = {
    "own lease, running": lambda rig, job: None,
    "own lease, run out": _run_out,
    "leased by another": _taken_over,
    "queued": _expired,
    "succeeded by another": _finished_by_another,
    "dead by another": _dead_by_another,
    "cancelled": lambda rig, job: rig.jobs.cancel(job.job_id, ADMIN),
    "succeeded by this lease": lambda rig, job: rig.jobs.succeed(by(job), {}),
    "failed by this lease": lambda rig, job: rig.jobs.fail(by(job), broken()),
    "dead by this lease": lambda rig, job: rig.jobs.fail(by(job), broken(retryable=False)),
    "released by this lease": lambda rig, job: rig.jobs.release(by(job), 60),
}
#                             heartbeat succeed fail release cancel redrive
ANSWERS = {
    "own lease, running":      (200, 200, 200, 200, 200, 409),
    "own lease, run out":      (409, 200, 200, 200, 200, 409),
    "leased by another":       (409, 409, 409, 409, 200, 409),
    "queued":                  (409, 409, 409, 409, 200, 409),
    "succeeded by another":    (409, 409, 409, 409, 409, 409),
    "dead by another":         (409, 409, 409, 409, 409, 200),
    "cancelled":               (200, 409, 409, 409, 200, 409),
    "succeeded by this lease": (409, 200, 409, 409, 409, 409),
    "failed by this lease":    (409, 409, 200, 409, 200, 409),
    "dead by this lease":      (409, 409, 200, 409, 409, 200),
    "released by this lease":  (409, 409, 409, 200, 200, 409),
}  # fmt: skip
CASES = [
    (state, call, answer) for state, answers in ANSWERS.items() for call, answer in zip(CALLS, answers, strict=True)
]


@pytest.mark.parametrize(("state", "call", "answer"), CASES)
def test_the_call_answers_as_the_table_says(rig: Rig, state: str, call: str, answer: int) -> None:
    job = rig.leased("worker_a")
    STATES[state](rig, job)
    before = rig.now_is(job)
    try:
        CALLS[call](rig, job)
    except LeaseholdError as refused:
        assert refused.status == answer
        assert rig.now_is(job) == before, "a refusal changes nothing"
    else:
        assert answer == 200
