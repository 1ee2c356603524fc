"""How many jobs stand in each status, and which has been due the longest.

Jobs that wait, are leased, dead or cancelled are counted in the indexes that hold these alone. What is left of a type's
jobs has succeeded, so all of them are counted too; and these may be millions, kept until their retention is over. They
are counted once, the oldest first. What was counted is known from then on, and a look counts on from there:

    |<------- known: counted once an hour ------->|<- counted at each look ->|
    oldest job                            a minute ago                     now
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from leasehold.aws import faults_in_our_words
from leasehold.dispatch import INDEX as DISPATCH_INDEX
from leasehold.errors import Unavailable
from leasehold.items import Value, dispatch_key, text
from leasehold.job import PRIORITIES
from leasehold.listing import ENDED_INDEX, LISTING_INDEX
from leasehold.times import SECOND, Clock, read, wall_clock, written

# Later than this no job comes in that was created earlier: clocks differ, and the index is behind.
SETTLED_AFTER: Final = 60 * SECOND
# Jobs deleted after their retention are noticed when what was known is forgotten.
KNOWN_FOR: Final = 3_600 * SECOND
_EARLIEST: Final = "0"


@dataclass(slots=True)
class _Known:
    """So many jobs of a type have a `createdKey` before `up_to`."""

    since: int
    jobs: int = 0
    up_to: str = _EARLIEST


class Counts:
    """Counts on the indexes. `client` is a client of DynamoDB."""

    def __init__(self, client: Any, table: str, *, clock: Clock = wall_clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def by_status(self, job_type: str, shards: int, *, until: int) -> dict[str, int]:
        """How many jobs of a type stand in each status. The succeeded ones can be off by those deleted within the hour.

        Raises Unavailable where not all are counted by `until`; the next call goes on where this one ended.
        """
        queued = leased = 0
        for priority in PRIORITIES:
            for shard in range(shards):
                waiting, running = self._waiting(dispatch_key(job_type, priority, shard))
                queued, leased = queued + waiting, leased + running
        dlq = self._count(ENDED_INDEX, "endedKey", f"{job_type}#dlq")
        cancelled = self._count(ENDED_INDEX, "endedKey", f"{job_type}#cancelled")
        # The indexes are read one after the other, so a job that moves meanwhile could make the rest negative.
        succeeded = max(0, self._every(job_type, until) - dlq - cancelled - queued - leased)
        return {"queued": queued, "leased": leased, "succeeded": succeeded, "dlq": dlq, "cancelled": cancelled}

    def oldest_due(self, job_type: str, shards: int) -> int | None:
        """When the job of that type that is due the longest became due, or None where none is."""
        now = written(self._clock())
        found = [
            read(item["dueAt"]["S"])
            for priority in PRIORITIES
            for shard in range(shards)
            for item in self._query(
                DISPATCH_INDEX,
                KeyConditionExpression="dispatchKey = :key AND dueAt <= :now",
                ExpressionAttributeValues={":key": text(dispatch_key(job_type, priority, shard)), ":now": text(now)},
                Limit=1,
            )["Items"]
        ]
        return min(found, default=None)

    def _every(self, job_type: str, until: int) -> int:
        """All jobs of a type that are still kept."""
        now = self._clock()
        known = self._known.get(job_type)
        if known is None or now - known.since > KNOWN_FOR:
            known = self._known[job_type] = _Known(now)
        settled = written(now - SETTLED_AFTER)
        if known.up_to < settled:
            between = {":low": text(known.up_to), ":high": text(settled)}
            for page in self._pages(LISTING_INDEX, "type", job_type, "createdKey BETWEEN :low AND :high", between):
                known.jobs += int(page["Count"])
                last = page.get("LastEvaluatedKey")
                # No key is another one with a blank behind it, or a mere time: each job is counted in one page alone.
                known.up_to = settled if last is None else last["createdKey"]["S"] + " "
                if last is not None and self._clock() > until:
                    raise Unavailable(f"the jobs of {job_type} are still being counted; try again, and it goes on")
        return known.jobs + self._count(
            LISTING_INDEX, "type", job_type, "createdKey >= :low", {":low": text(known.up_to)}
        )

    def _waiting(self, key: str) -> tuple[int, int]:
        """How many jobs of a lane are queued, and how many leased: all that are looked at, and those that pass."""
        is_leased = {
            "FilterExpression": "#status = :status",
            "ExpressionAttributeNames": {"#key": "dispatchKey", "#status": "status"},
        }
        looked_at = leased = 0
        for page in self._pages(DISPATCH_INDEX, "dispatchKey", key, "", {":status": text("leased")}, **is_leased):
            looked_at += int(page["ScannedCount"])
            leased += int(page["Count"])
        return looked_at - leased, leased

    def _count(self, *what: Any) -> int:
        return sum(int(page["Count"]) for page in self._pages(*what))

    def _pages(
        self,
        index: str,
        attribute: str,
        key: str,
        more: str = "",
        values: Mapping[str, Value] | None = None,
        **narrowed: Any,
    ) -> Iterator[Any]:
        """The counts of one partition of an index, page by page: some thousand entries each, of which none is sent."""
        asked = {
            "Select": "COUNT",
            "KeyConditionExpression": f"#key = :key AND {more}" if more else "#key = :key",
            "ExpressionAttributeNames": {"#key": attribute},
            "ExpressionAttributeValues": {":key": text(key), **(values or {})},
            **narrowed,
        }
        page: Any = {"LastEvaluatedKey": None}
        while "LastEvaluatedKey" in page:
            start = page["LastEvaluatedKey"]
            page = self._query(index, **asked, **({"ExclusiveStartKey": start} if start else {}))
            yield page

    def _query(self, index: str, **asked: Any) -> Any:
        with faults_in_our_words():
            return self._client.query(TableName=self._table, IndexName=index, **asked)
