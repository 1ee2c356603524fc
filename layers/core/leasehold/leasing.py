"""Taking due jobs: what the dispatch index nominates, leased by conditional writes, whoever else wants them.

High goes before normal before low, and within a priority the job that is due first goes first. Where other processes
lease the same type at this moment, each picks at random among the first jobs instead, so that they don't all write to
the same one: see `spread`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from leasehold.backoff import Draw, index_below
from leasehold.dispatch import Candidate, Dispatch, Nominated
from leasehold.errors import Throttled, Unavailable
from leasehold.job import PRIORITIES, Job, Priority
from leasehold.lease import Lease, Secret
from leasehold.registry import JobType
from leasehold.report import Holder
from leasehold.spread import ALONE, FEW, Spread
from leasehold.store import JobStore
from leasehold.times import SECOND, Clock

# Candidates asked for beyond those wanted: others may be faster with the first ones.
_SPARE_CANDIDATES: Final = 10
# Looks at one priority in one call. Each refusal ends one, so a call makes few refused writes however many it meets.
_LOOKS: Final = 5
# Our own last leases that are remembered: the index can be behind them for a moment.
_REMEMBERED: Final = 100


class Leasing:
    """Leases for one process. `expire` ends a run-out lease on a job's last attempt."""

    def __init__(
        self,
        store: JobStore,
        dispatch: Dispatch,
        expire: Callable[[Candidate], bool],
        *,
        clock: Clock,
        draw: Draw,
        secret: Secret,
    ) -> None:
        self._store = store
        self._dispatch = dispatch
        self._expire = expire
        self._clock = clock
        self._draw = draw
        self._secret = secret
        self._spread = Spread(clock)
        self._own: dict[str, int] = {}

    def lease(self, rules: Sequence[JobType], worker_id: str, at_most: int, lease_seconds: int | None) -> list[Job]:
        """Up to `at_most` due jobs of those types, leased. Fewer only where no more are due, or others are faster."""
        taken: list[tuple[Candidate, Job]] = []
        try:
            for each in self._leases(rules, worker_id, at_most, lease_seconds):
                taken.append(each)
        except (Throttled, Unavailable):
            # What has been leased must be answered: nobody would work on it, and an attempt would be lost.
            if not taken:
                raise
        return [job for _, job in sorted(taken, key=_urgency)]

    def _leases(
        self, rules: Sequence[JobType], worker_id: str, at_most: int, lease_seconds: int | None
    ) -> Iterator[tuple[Candidate, Job]]:
        wanted = at_most
        for priority in PRIORITIES:
            for _ in range(_LOOKS):
                if wanted == 0:
                    return
                width = max(self._spread.width(each.name) for each in rules)
                nominated = self._look(rules, priority, max(width, wanted + _SPARE_CANDIDATES), width)
                for taken in self._take_some(nominated, worker_id, wanted, lease_seconds, width):
                    wanted -= 1
                    yield taken
                if nominated.are_all:
                    break  # the queue holds no more than what was tried

    def take(self, seen: Candidate, worker_id: str, lease_seconds: int | None) -> Job | None:
        """Lease one candidate; a run-out lease on the last attempt ends the job instead."""
        if _is_spent(seen):
            self._expire(seen)
            return None
        now = self._clock()
        run_out = seen.status == "leased"
        seconds = lease_seconds or seen.lease_seconds
        lease = Lease(
            number=seen.lease_number + 1,
            attempt=seen.attempt + run_out,
            max_attempts=seen.max_attempts,
            sequence=seen.sequence + 1 + run_out,
            seconds=seconds,
            type=seen.type,
            secret=self._secret(),
        )
        holder = Holder(seen.job_id, lease, worker_id)
        return self._store.lease(seen, holder, now=now, expires_at=now + seconds * SECOND)

    def _look(self, rules: Sequence[JobType], priority: Priority, limit: int, width: int) -> Nominated:
        lanes = [(each.name, each.shards) for each in rules]
        if width == ALONE:
            return self._dispatch.due(lanes, priority, until=self._clock(), limit=limit)
        return self._dispatch.due_in_parts(lanes, priority, until=self._clock(), limit=limit, draw=self._draw)

    def _take_some(
        self, nominated: Nominated, worker_id: str, wanted: int, lease_seconds: int | None, width: int
    ) -> Iterator[tuple[Candidate, Job]]:
        """Lease from the first `width` candidates on, until enough are had or one is refused.

        A refusal says that this look at the queue is old. Where it shows all there is, the rest is tried all the same,
        in any order.
        """
        waiting = [each for each in nominated.candidates if each.sequence >= self._own.get(each.job_id, 0)]
        is_short = nominated.are_all and len(waiting) <= FEW
        if is_short:
            width = ALONE
        while waiting and wanted:
            candidate = waiting.pop(index_below(min(width, len(waiting)), self._draw))
            job = self.take(candidate, worker_id, lease_seconds)
            if job is not None:
                wanted -= 1
                self._spread.leased(job.type)
                self._remember(job)
                yield candidate, job
            elif not _is_spent(candidate):
                if not is_short:
                    self._spread.refused(candidate.type)
                if not nominated.are_all:
                    break
                width = len(waiting)

    def _remember(self, job: Job) -> None:
        """Keep the version of the job that our lease has made: what the index still shows of before was no rival."""
        self._own.pop(job.job_id, None)
        self._own[job.job_id] = job.sequence
        if len(self._own) > _REMEMBERED:
            del self._own[next(iter(self._own))]


def _urgency(taken: tuple[Candidate, Job]) -> tuple[int, int]:
    candidate, job = taken
    return PRIORITIES.index(job.priority), candidate.due_at


def _is_spent(seen: Candidate) -> bool:
    """Whether it is a run-out lease on the job's last attempt."""
    return seen.status == "leased" and seen.attempt + 1 >= seen.max_attempts
