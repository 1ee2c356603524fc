"""A worker's report: who makes it, what it was answered, and whether it has been made before.

A job carries its last reports, newest first, so that a worker whose answer got lost can ask again, even where others
have leased the job since, and reported on it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from leasehold import times
from leasehold.errors import LeaseConflict
from leasehold.items import Item, Value, text
from leasehold.lease import Lease

Verb = Literal["succeed", "fail", "release"]
# The attributes that reports are kept in. More would take a job that is tried again past another kilobyte.
REPORTS: Final = ("lastReport", "lastReport2", "lastReport3")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who reports: the lease that its worker holds, and the worker's id."""

    job_id: str
    lease: Lease
    worker_id: str


@dataclass(frozen=True, slots=True)
class Reported:
    """The answer to a report, the same however often the report is repeated."""

    status: str
    attempt: int
    next_run_at: int | None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The answer to a heartbeat."""

    lease_expires_at: int
    cancel_requested: bool


def repeated(item: Item | None, holder: Holder, verb: Verb) -> Reported:
    """The first answer again, where this very report has been made before; LeaseConflict otherwise."""
    own = {"token": text(holder.lease.token), "worker": text(holder.worker_id), "verb": text(verb)}
    for report in _reports(item or {}):
        if own.items() <= report.items():
            return _reported(report)
    raise conflict(item, holder)


def reports_moved_by(lease: Lease) -> dict[str, str]:
    """Which attribute takes over whose report when this lease reports, oldest first. None do for a first lease."""
    earlier = min(lease.number, len(REPORTS)) - 1
    return {REPORTS[nth]: REPORTS[nth - 1] for nth in range(earlier, 0, -1)}


def _reports(item: Item) -> Iterator[Mapping[str, Value]]:
    return (item[name]["M"] for name in REPORTS if name in item)


def _reported(report: Mapping[str, Value]) -> Reported:
    next_run_at = times.read(report["nextRunAt"]["S"]) if "nextRunAt" in report else None
    return Reported(report["status"]["S"], int(report["attempt"]["N"]), next_run_at)


def conflict(item: Item | None, holder: Holder) -> LeaseConflict:
    """The refusal of a report, with its reason."""
    return LeaseConflict(why_not_held(item, holder.worker_id, holder.lease.token))


def why_not_held(item: Item | None, worker_id: str, token: str | None) -> str:
    """Why a report of this worker is refused, in a sentence for its author."""
    if item is None:
        return "there is no such job; stop working on it"
    status = item["status"]["S"]
    if status != "leased":
        return f"the job is {status}, not leased; stop working on it"
    if item["workerId"]["S"] != worker_id:
        return "the job is leased by another worker; stop working on it"
    if token is not None and item["leaseToken"]["S"] != token:
        return "the job is held under another lease than this lease token's; stop working on it"
    return "the lease has run out; report the result, or stop working on it"


def replayed(item: Item, worker_id: str, verb: Verb) -> Reported | None:
    """The answer that this worker's last report got, where it was of that verb and nobody leased the job since."""
    if "lastReport" not in item or item["status"]["S"] == "leased":
        return None
    report = item["lastReport"]["M"]
    made_under = Lease.parse(report["token"]["S"])
    is_latest = made_under is not None and made_under.number == int(item["leaseNumber"]["N"])
    if report["verb"]["S"] != verb or report["worker"]["S"] != worker_id or not is_latest:
        return None
    return _reported(report)


def was_held_by(item: Item, holder: Holder) -> bool:
    """Whether the item still carries the holder's lease."""
    return item.get("leaseToken") == text(holder.lease.token) and item.get("workerId") == text(holder.worker_id)
