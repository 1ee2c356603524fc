"""What a job is: its states, its fields, its history, and what a failure makes of it."""

from dataclasses import dataclass, field
from typing import Final, Literal

from leasehold.backoff import Backoff, Draw
from leasehold.times import SECOND

Status = Literal["queued", "leased", "succeeded", "dlq", "cancelled"]
Priority = Literal["high", "normal", "low"]
Event = Literal["queued", "leased", "released", "failed", "dlq", "succeeded", "cancelled", "redriven"]

STATUSES: Final[tuple[Status, ...]] = ("queued", "leased", "succeeded", "dlq", "cancelled")
PRIORITIES: Final[tuple[Priority, ...]] = ("high", "normal", "low")  # in the order in which they are served
LEASE_EXPIRED: Final = "lease_expired"

HISTORY_LENGTH: Final = 20
LONGEST_MESSAGE: Final = 2_000
LONGEST_HISTORY_MESSAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed, as its worker tells it."""

    message: str
    code: str | None = None
    retryable: bool = True
    retry_after_seconds: float | None = None


EXPIRED_LEASE: Final = Failure("the lease ran out before its worker reported", LEASE_EXPIRED)


@dataclass(frozen=True, slots=True)
class JobError:
    """The last failure of a job, as stored."""

    code: str | None
    message: str
    at: int


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a job's history."""

    at: int
    event: Event
    attempt: int
    worker_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job. Instants in milliseconds, payload and result as the JSON text that came in.

    `attempt` counts the attempts that ended in failure. `sequence` grows by one with each change in the history
    (a heartbeat is none), so it names the exact version of the job that a conditional write was decided on.
    """

    job_id: str
    type: str
    payload: str
    status: Status
    priority: Priority
    attempt: int
    max_attempts: int
    lease_seconds: int
    lease_number: int
    sequence: int
    shard: int
    created_at: int
    updated_at: int
    next_run_at: int | None = None
    worker_id: str | None = None
    lease_token: str | None = None
    lease_expires_at: int | None = None
    progress: float | None = None
    progress_message: str | None = None
    result: str | None = None
    last_error: JobError | None = None
    history: tuple[Change, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failed attempt makes of a job: queued again from `next_run_at`, or dead at it."""

    status: Literal["queued", "dlq"]
    attempt: int
    next_run_at: int


def after_failure(
    failure: Failure, *, attempt: int, max_attempts: int, backoff: Backoff, now: int, draw: Draw
) -> Verdict:
    """Judge a failed attempt of a job that had failed `attempt` times before."""
    failures = attempt + 1
    if failures >= max_attempts or not failure.retryable:
        return Verdict("dlq", failures, now)
    wait = failure.retry_after_seconds
    if wait is None:
        wait = backoff.wait(failures, draw)
    return Verdict("queued", failures, now + round(wait * SECOND))
