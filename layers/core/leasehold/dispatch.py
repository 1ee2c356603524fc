"""The dispatch index: which jobs are due, by type and priority, earliest first.

It is a sparse index over `dispatchKey` and `dueAt`: a queued job stands in it at its next run, a leased one at the end
of its lease, a finished one not at all. So a query for what is due finds the jobs of dead workers without a reaper. The
index is eventually consistent and only nominates: the store's condition decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from typing import Any, Final

from leasehold import times
from leasehold.aws import faults_in_our_words
from leasehold.backoff import Draw, index_below
from leasehold.items import Value, dispatch_key, instant, text
from leasehold.job import Job, Status

INDEX: Final = "dispatch"
# Job types and the number of their shards.
Lanes = Sequence[tuple[str, int]]
PROJECTED: Final = ("status", "attempt", "maxAttempts", "leaseNumber", "leaseSeconds", "seq")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that the index nominates: enough of it to write a lease without reading it first."""

    job_id: str
    type: str
    status: str
    attempt: int
    max_attempts: int
    lease_number: int
    lease_seconds: int
    sequence: int
    due_at: int

    @classmethod
    def of(cls, job: Job, due_at: int) -> "Candidate":
        """A job that was read itself, as the index would nominate it."""
        return cls(
            job_id=job.job_id,
            type=job.type,
            status=job.status,
            attempt=job.attempt,
            max_attempts=job.max_attempts,
            lease_number=job.lease_number,
            lease_seconds=job.lease_seconds,
            sequence=job.sequence,
            due_at=due_at,
        )


@dataclass(frozen=True, slots=True)
class Nominated:
    """What a look at the index found, earliest first, and whether that is all that is due."""

    candidates: Sequence[Candidate]
    are_all: bool


class Dispatch:
    """Queries on the dispatch index. `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def due(self, lanes: Lanes, priority: str, *, until: int, limit: int) -> Nominated:
        """At most `limit` jobs due by `until`, earliest first, of one priority over lanes of (type, shards).

        One query a shard of a type.
        """
        found = [
            self._shard(job_type, dispatch_key(job_type, priority, shard), until, limit)
            for job_type, shards in lanes
            for shard in range(shards)
        ]
        return _earliest(found, limit)

    def due_in_parts(self, lanes: Lanes, priority: str, *, until: int, limit: int, draw: Draw) -> Nominated:
        """As `due`, but of one shard a type, drawn anew each time, and of further ones only until there is enough.

        For many workers at once: they come upon different shards, and while there is work a query a type is all they
        need. Half of `limit` is enough. Within each shard the earliest jobs come first.
        """
        turns = [(job_type, shards, index_below(shards, draw)) for job_type, shards in lanes]
        found: list[list[Candidate]] = []
        rounds = max(shards for _, shards in lanes)
        for nth in range(rounds):
            found += [
                self._shard(job_type, dispatch_key(job_type, priority, (first + nth) % shards), until, limit)
                for job_type, shards, first in turns
                if nth < shards
            ]
            if nth + 1 < rounds and sum(map(len, found)) >= limit // 2:
                return replace(_earliest(found, limit), are_all=False)
        return _earliest(found, limit)

    def every_due(
        self, job_type: str, shards: int, priority: str, *, until: int, status: Status | None = None
    ) -> Iterator[Candidate]:
        """All jobs of a type and priority due by `until`, those of one status alone where it is given, page by page.

        A page is what DynamoDB reads at once, some thousand entries, so that a long backlog is looked through in time.
        """
        for shard in range(shards):
            start: dict[str, Any] = {}
            while True:
                page = self._query(dispatch_key(job_type, priority, shard), until, status, **start)
                yield from (_candidate(job_type, item) for item in page["Items"])
                if "LastEvaluatedKey" not in page:
                    break
                start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _shard(self, job_type: str, key: str, until: int, limit: int) -> list[Candidate]:
        return [_candidate(job_type, item) for item in self._query(key, until, Limit=limit)["Items"]]

    def _query(self, key: str, until: int, status: Status | None = None, **more: Any) -> Any:
        values = {":key": text(key), ":until": instant(until)}
        if status is not None:
            values[":status"] = text(status)
            more |= {"FilterExpression": "#status = :status", "ExpressionAttributeNames": {"#status": "status"}}
        with faults_in_our_words():
            return self._client.query(
                TableName=self._table,
                IndexName=INDEX,
                KeyConditionExpression="dispatchKey = :key AND dueAt <= :until",
                ExpressionAttributeValues=values,
                **more,
            )


def _earliest(found: Sequence[Sequence[Candidate]], limit: int) -> Nominated:
    candidates = list(merge(*found, key=lambda candidate: candidate.due_at))
    return Nominated(candidates[:limit], are_all=len(candidates) < limit)


def _candidate(job_type: str, item: Mapping[str, Value]) -> Candidate:
    return Candidate(
        job_id=item["jobId"]["S"],
        type=job_type,
        status=item["status"]["S"],
        attempt=int(item["attempt"]["N"]),
        max_attempts=int(item["maxAttempts"]["N"]),
        lease_number=int(item["leaseNumber"]["N"]),
        lease_seconds=int(item["leaseSeconds"]["N"]),
        sequence=int(item["seq"]["N"]),
        due_at=times.read(item["dueAt"]["S"]),
    )
