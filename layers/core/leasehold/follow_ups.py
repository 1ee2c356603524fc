"""What follows from a change of a job or an asset. Pure: two images in, follow-ups out.

The stream of a table brings each change at least once, so each follow-up has a key, and whoever receives it can tell
a repetition: `(jobId, leaseNumber, event)` for jobs, `(assetId, versionNumber, event)` for assets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from leasehold.asset import Asset
from leasehold.job import Change, Job, Status

JobEvent = Literal["job.queued", "job.leased", "job.succeeded", "job.failed", "job.dlq", "job.cancelled"]


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A message that lets our own function look at a pushed job when it is due."""

    job_id: str
    lease_number: int
    due_at: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message on the dead-letter queue."""

    job: Job


@dataclass(frozen=True, slots=True)
class JobNews:
    """An event on the bus about a job. `lease_number` is that of the lease it happened under."""

    event: JobEvent
    job: Job
    lease_number: int


@dataclass(frozen=True, slots=True)
class AssetNews:
    """An event on the bus about an asset."""

    event: Literal["asset.processed"]
    asset: Asset


News = JobNews | AssetNews
FollowUp = WakeUp | DeadLetter | News

_EVENT_OF_ARRIVAL: dict[Status, JobEvent] = {
    "succeeded": "job.succeeded",
    "dlq": "job.dlq",
    "cancelled": "job.cancelled",
}
_EVENT_ON_REQUEST: dict[Status, JobEvent] = {"queued": "job.queued", "leased": "job.leased"}


def of_job(old: Job | None, new: Job, *, is_pushed: Callable[[str], bool], tell_all: bool) -> list[FollowUp]:
    """What follows from one change of a job; `tell_all` adds the events that happen most."""
    if old is not None and old.sequence == new.sequence:
        return []  # a heartbeat
    found: list[FollowUp] = []
    if old is not None and new.attempt > old.attempt:
        found.append(JobNews("job.failed", new, old.lease_number))
    if new.status in _EVENT_OF_ARRIVAL:
        found.append(JobNews(_EVENT_OF_ARRIVAL[new.status], new, new.lease_number))
    elif tell_all:
        found.append(JobNews(_EVENT_ON_REQUEST[new.status], new, new.lease_number))
    if new.status == "dlq":
        found.append(DeadLetter(new))
    if new.status == "queued" and new.next_run_at is not None and is_pushed(new.type):
        found.append(WakeUp(new.job_id, new.lease_number, new.next_run_at))
    return found


def changes(old: Job | None, new: Job) -> tuple[Change, ...]:
    """What happened to a job between two images, as its history tells it. Nothing, where there was a heartbeat.

    Mostly one change; a lease that is taken over is two, the failure and the new lease.
    """
    happened = new.sequence - (-1 if old is None else old.sequence)
    return new.history[max(0, len(new.history) - happened) :]


def of_asset(old: Asset | None, new: Asset) -> list[FollowUp]:
    """What follows from one change of an asset."""
    was_processed = old is not None and old.processed and old.version_number == new.version_number
    if new.kind == "source" and new.processed and not was_processed:
        return [AssetNews("asset.processed", new)]
    return []
