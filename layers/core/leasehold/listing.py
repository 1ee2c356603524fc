"""Looking over many jobs: pages of them, newest first, and counts of them.

Two indexes serve this, and neither costs a job that goes well more than one write:

- `listing` holds every job under its type, sorted by `createdKey` (creation time and id). Its keys never change.
- `ended` holds the dead and the cancelled ones under type and status, so that a look at the dead letters among a
  million finished jobs reads the dead letters only.

A cursor is a `createdKey`: a place in the one order of all jobs. Pages neither overlap nor skip, whatever the types.
"""

import json
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any, Final

from leasehold.aws import faults_in_our_words
from leasehold.batch_read import MOST_ITEMS, items_by_id
from leasehold.cursors import cursor_of, place_of
from leasehold.dispatch import INDEX as DISPATCH_INDEX
from leasehold.items import Value, dispatch_key, job_of, text
from leasehold.job import PRIORITIES, Job
from leasehold.times import read

LISTING_INDEX: Final = "listing"
ENDED_INDEX: Final = "ended"
_READ_AT_MOST: Final = 1_000  # index entries a page looks through before it hands over to the next one's cursor
_LARGEST_PAGE: Final = 2_000_000  # bytes of the jobs' texts as sent; Lambda's answers end at 6 MB


class Listing:
    """Queries on the listing indexes. `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def page(
        self, types: Sequence[str], status: str | None, code: str | None, limit: int, cursor: str | None
    ) -> tuple[list[Job], str | None]:
        """At most `limit` jobs of those types, newest first, and the cursor of the next page or None.

        Where they are given, only jobs of that status, and whose last error has that code. A page can come back short,
        and with a cursor, where few of very many jobs are such, or where jobs are large.
        """
        before = None if cursor is None else place_of(cursor)
        if status in ("dlq", "cancelled"):
            entries = [self._entries(ENDED_INDEX, "endedKey", f"{name}#{status}", before) for name in types]
        else:
            entries = [self._entries(LISTING_INDEX, "type", name, before) for name in types]
        newest_first = merge(*entries, key=lambda entry: entry[0], reverse=True)
        found: list[Job] = []
        looked_at = size = 0
        while batch := list(islice(newest_first, MOST_ITEMS if status or code else limit)):
            jobs = self._read([job_id for _, job_id in batch])
            for nth, (place, job_id) in enumerate(batch, start=1):
                job = jobs.get(job_id)
                if job is not None and status in (None, job.status) and code in (None, _code_of(job)):
                    found.append(job)
                    size += _sent_size(job)
                if len(found) == limit or size > _LARGEST_PAGE:
                    more = nth < len(batch) or next(newest_first, None) is not None
                    return found, cursor_of(place) if more else None
            looked_at += len(batch)
            if looked_at >= _READ_AT_MOST:
                return found, cursor_of(batch[-1][0])
        return found, None

    def counts(self, job_type: str, shards: int) -> dict[str, int]:
        """How many jobs of a type stand in each status."""
        waiting = {"queued": 0, "leased": 0}
        for priority in PRIORITIES:
            for shard in range(shards):
                key = dispatch_key(job_type, priority, shard)
                for status in waiting:
                    waiting[status] += self._count(DISPATCH_INDEX, "dispatchKey", key, status)
        dlq = self._count(ENDED_INDEX, "endedKey", f"{job_type}#dlq")
        cancelled = self._count(ENDED_INDEX, "endedKey", f"{job_type}#cancelled")
        every = self._count(LISTING_INDEX, "type", job_type)
        # The indexes are read one after the other, so a job that moves meanwhile could make the rest negative.
        succeeded = max(0, every - dlq - cancelled - sum(waiting.values()))
        return {**waiting, "succeeded": succeeded, "dlq": dlq, "cancelled": cancelled}

    def oldest_due(self, job_type: str, shards: int, now: str) -> int | None:
        """When the job of that type that is due the longest became due, or None where none is."""
        oldest: int | None = None
        for priority in PRIORITIES:
            for shard in range(shards):
                with faults_in_our_words():
                    answer = self._client.query(
                        TableName=self._table,
                        IndexName=DISPATCH_INDEX,
                        KeyConditionExpression="dispatchKey = :key AND dueAt <= :now",
                        ExpressionAttributeValues={
                            ":key": text(dispatch_key(job_type, priority, shard)),
                            ":now": text(now),
                        },
                        Limit=1,
                    )
                for item in answer["Items"]:
                    due_at = read(item["dueAt"]["S"])
                    oldest = due_at if oldest is None else min(oldest, due_at)
        return oldest

    def dead(self, job_type: str) -> Iterator[Job]:
        """Every dead job of a type, oldest first."""
        entries = self._entries(ENDED_INDEX, "endedKey", f"{job_type}#dlq", None, newest_first=False)
        while batch := list(islice(entries, MOST_ITEMS)):
            jobs = self._read([job_id for _, job_id in batch])
            yield from (jobs[job_id] for _, job_id in batch if job_id in jobs)

    def _entries(
        self, index: str, attribute: str, key: str, before: str | None, *, newest_first: bool = True
    ) -> Iterator[tuple[str, str]]:
        """(createdKey, jobId) of one partition of an index, page by page."""
        condition, values = f"#{attribute} = :key", {":key": text(key)}
        if before is not None:
            condition, values = f"{condition} AND createdKey < :before", {**values, ":before": text(before)}
        start: dict[str, Any] = {}
        while True:
            with faults_in_our_words():
                page = self._client.query(
                    TableName=self._table,
                    IndexName=index,
                    KeyConditionExpression=condition,
                    ExpressionAttributeNames={f"#{attribute}": attribute},
                    ExpressionAttributeValues=values,
                    ScanIndexForward=not newest_first,
                    Limit=MOST_ITEMS,
                    **start,
                )
            yield from ((item["createdKey"]["S"], item["jobId"]["S"]) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _read(self, job_ids: Sequence[str]) -> dict[str, Job]:
        items = items_by_id(self._client, self._table, "jobId", job_ids)
        return {job_id: job_of(item) for job_id, item in items.items()}

    def _count(self, index: str, attribute: str, key: str, status: str | None = None) -> int:
        names = {"#key": attribute}
        values: dict[str, Value] = {":key": text(key)}
        narrowed: dict[str, Any] = {}
        if status is not None:
            names["#status"] = "status"
            values[":status"] = text(status)
            narrowed["FilterExpression"] = "#status = :status"
        total = 0
        start: dict[str, Any] = {}
        while True:
            with faults_in_our_words():
                page = self._client.query(
                    TableName=self._table,
                    IndexName=index,
                    Select="COUNT",
                    KeyConditionExpression="#key = :key",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                    **narrowed,
                    **start,
                )
            total += int(page["Count"])
            if "LastEvaluatedKey" not in page:
                return total
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _sent_size(job: Job) -> int:
    """About how many bytes the texts of a job take in Lambda's answer: JSON in ASCII, quoted once more."""
    error = None if job.last_error is None else job.last_error.message
    return sum(len(json.dumps(part or "")) for part in (job.payload, job.result, job.progress_message, error))


def _code_of(job: Job) -> str | None:
    return None if job.last_error is None else job.last_error.code
