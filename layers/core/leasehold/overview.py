"""Looking over many jobs: what a console shows of them, and which of the dead are meant."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from leasehold.access import Caller
from leasehold.counts import Counts
from leasehold.job import Job
from leasehold.listing import Listing
from leasehold.registry import Registry
from leasehold.times import SECOND, Clock, wall_clock

# About 8 million jobs, of all types together: a function that is ended for its time forgets what it has counted.
LONGEST_COUNT: Final = 15 * SECOND


class Overview:
    """What a caller may see of all jobs. Every method raises the errors of `leasehold.errors` and nothing else."""

    def __init__(self, registry: Registry, listing: Listing, counts: Counts, *, clock: Clock = wall_clock) -> None:
        self._registry = registry
        self._listing = listing
        self._counts = counts
        self._clock = clock

    def page(
        self,
        caller: Caller,
        *,
        status: str | None,
        job_type: str | None,
        code: str | None = None,
        limit: int,
        cursor: str | None,
    ) -> tuple[list[Job], str | None]:
        """A page of jobs, newest first, and the cursor of the next one. `code`: of the last error."""
        return self._listing.page(self._visible_types(caller, job_type), status, code, limit, cursor)

    def dead(self, caller: Caller, *, job_type: str | None, code: str | None) -> Iterator[Job]:
        """The dead jobs, of each type the oldest first. `code`: of the last error."""
        types = self._visible_types(caller, job_type)
        return (job for name in types for job in self._listing.dead(name, code))

    def stats(self, caller: Caller) -> dict[str, dict[str, Any]]:
        """By type: how many jobs are in each status, and how many seconds the oldest due job has been due.

        Raises Unavailable where there are too many to count at once; the next call goes on where this one ended.
        """
        until = self._clock() + LONGEST_COUNT
        return {
            name: {
                **self._counts.by_status(name, self._registry[name].shards, until=until),
                "oldestDueSeconds": self._oldest_due_seconds(name),
            }
            for name in self._visible_types(caller, None)
        }

    def waiting(self) -> dict[str, float]:
        """By type: how many seconds the oldest due job has been due, 0 where none is due."""
        return {job_type.name: self._oldest_due_seconds(job_type.name) or 0 for job_type in self._registry}

    def _oldest_due_seconds(self, name: str) -> float | None:
        oldest = self._counts.oldest_due(name, self._registry[name].shards)
        return None if oldest is None else max(0, self._clock() - oldest) / SECOND

    def _visible_types(self, caller: Caller, job_type: str | None) -> Sequence[str]:
        if job_type is not None:
            caller.check_type(self._registry[job_type].name)
            return [job_type]
        return [each.name for each in self._registry if not caller.types or each.name in caller.types]
