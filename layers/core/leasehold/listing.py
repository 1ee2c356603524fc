"""Looking over many jobs: pages of them, newest first.

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
from leasehold.items import job_of, text
from leasehold.job import Job

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

    def dead(self, job_type: str, code: str | None) -> Iterator[Job]:
        """Every dead job of a type, oldest first; where it is given, only those whose last error has that code."""
        entries = self._entries(ENDED_INDEX, "endedKey", f"{job_type}#dlq", None, newest_first=False)
        while batch := list(islice(entries, MOST_ITEMS)):
            jobs = self._read([job_id for _, job_id in batch])
            found = (jobs[job_id] for _, job_id in batch if job_id in jobs)
            yield from (job for job in found if job.status == "dlq" and code in (None, _code_of(job)))

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


def _sent_size(job: Job) -> int:
    """About how many bytes the texts of a job take in Lambda's answer: JSON in ASCII, quoted once more."""
    error = None if job.last_error is None else job.last_error.message
    return sum(len(json.dumps(part or "")) for part in (job.payload, job.result, job.progress_message, error))


def _code_of(job: Job) -> str | None:
    return None if job.last_error is None else job.last_error.code
