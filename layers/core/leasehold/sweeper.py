"""The sweeper: each minute it finds what nobody else did.

- Leases that have run out, of every type: their jobs are failed with `lease_expired`. A worker that polls would take
  them over as well; the sweeper is for the types that nobody polls just now.
- Pushed jobs that are due soon and have no message under way: those due beyond SQS's 15 minutes when they were queued,
  and those whose message got lost.

Everything it does is conditional on what it saw, or a mere nudge: two sweepers, or a sweeper and a worker, do no harm.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from leasehold.dispatch import Candidate, Dispatch
from leasehold.errors import LeaseholdError
from leasehold.follow_ups import WakeUp
from leasehold.job import PRIORITIES, Status
from leasehold.jobs import Jobs
from leasehold.outbox import WakeUps
from leasehold.packing import ENTRIES_A_CALL
from leasehold.registry import JobType, Registry
from leasehold.times import SECOND, Clock, wall_clock

# Wake what comes due until two sweeps from now, so that a late sweep is not seen.
REACH: Final = 120 * SECOND
# A job that is due has a message under way, which may have to wait its turn behind many: only after this long is the
# message taken for lost. And only so many of a lane are woken again in one sweep, the oldest first, so that a backlog
# is not made longer by the nudges for it.
MESSAGE_LOST_AFTER: Final = 600 * SECOND
MOST_WOKEN_AGAIN: Final = 100


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did."""

    expired: int
    woken: int
    failed: int


# What is told of each job that was handled: "expired", "woken" or "failed", and its id.
Tell = Callable[[str, str], None]


def _quiet(_what: str, _job_id: str) -> None:
    pass


@dataclass(slots=True)
class _Tally:
    """What a sweep has done so far."""

    tell: Tell
    counts: dict[str, int] = field(default_factory=lambda: {"expired": 0, "woken": 0, "failed": 0})

    def add(self, what: str, job_id: str) -> None:
        self.counts[what] += 1
        self.tell(what, job_id)


class Sweeper:
    """One sweep over all types."""

    def __init__(
        self, registry: Registry, dispatch: Dispatch, jobs: Jobs, wake_ups: WakeUps, *, clock: Clock = wall_clock
    ) -> None:
        self._registry = registry
        self._dispatch = dispatch
        self._jobs = jobs
        self._wake_ups = wake_ups
        self._clock = clock

    def sweep(self, tell: Tell = _quiet) -> Sweep:
        """Sweep once. A job that can't be handled now doesn't keep the others waiting; the next sweep finds it."""
        done = _Tally(tell)
        for job_type in self._registry:
            for priority in PRIORITIES:
                self._sweep_lane(job_type, priority, done)
        return Sweep(**done.counts)

    def _sweep_lane(self, job_type: JobType, priority: str, done: _Tally) -> None:
        woken_again = 0
        nudges: list[WakeUp] = []
        now = self._clock()
        until = now + REACH if job_type.is_pushed else now
        status: Status | None = None if job_type.is_pushed else "leased"  # nobody wakes a job that is pulled
        for seen in self._dispatch.every_due(job_type.name, job_type.shards, priority, until=until, status=status):
            if seen.status == "leased":
                if seen.due_at <= now:
                    self._expire(seen, done)
            elif job_type.is_pushed:
                is_lost = seen.due_at <= now - MESSAGE_LOST_AFTER and woken_again < MOST_WOKEN_AGAIN
                woken_again += is_lost
                if is_lost or seen.due_at > now:
                    nudges.append(WakeUp(seen.job_id, seen.lease_number, seen.due_at))
            if len(nudges) == ENTRIES_A_CALL:
                self._wake(nudges, done)
                nudges = []
        self._wake(nudges, done)

    def _expire(self, seen: Candidate, done: _Tally) -> None:
        try:
            if self._jobs.expire(seen):
                done.add("expired", seen.job_id)
        except LeaseholdError:
            done.add("failed", seen.job_id)

    def _wake(self, nudges: Sequence[WakeUp], done: _Tally) -> None:
        try:
            for each in self._wake_ups.send(nudges):
                done.add("woken", each.job_id)
        except LeaseholdError:
            for each in nudges:
                done.add("failed", each.job_id)
