"""Doing what follows from changes: wake-ups, dead letters, events. At least once each, from the tables' streams."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from leasehold.asset_store import AssetStore
from leasehold.aws import faults_in_our_words
from leasehold.errors import Unavailable
from leasehold.follow_ups import AssetNews, DeadLetter, FollowUp, JobNews, WakeUp
from leasehold.ids import is_id
from leasehold.job import Job
from leasehold.times import SECOND, Clock, wall_clock
from leasehold.views import asset_view, job_news, job_view

LONGEST_DELAY: Final = 900  # seconds; SQS takes no more
SOURCE: Final = "leasehold"
THUMBNAIL_JOB: Final = "thumbnail.create"
LAST_VERSION: Final = 1_000_000_000  # as in the payload's schema, in job_types.toml
# The bus's own limits for one call: entries, and bytes of their texts.
_EVENTS_A_CALL: Final = 10
_BYTES_A_CALL: Final = 256 * 1024


class WakeUps:
    """Messages on the delay queue that nudge the function of a pushed job."""

    def __init__(self, sqs: Any, queue_url: str, *, clock: Clock = wall_clock) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._clock = clock

    def send(self, wake_up: WakeUp) -> bool:
        """Send the nudge for when the job is due. False where that is too far off: the sweeper sends it later.

        Whole seconds, rounded up: a nudge that comes too early finds nothing to do.
        """
        delay = max(0, -(-(wake_up.due_at - self._clock()) // SECOND))
        if delay > LONGEST_DELAY:
            return False
        body = {"jobId": wake_up.job_id, "leaseNumber": wake_up.lease_number}
        with faults_in_our_words():
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(body), DelaySeconds=delay)
        return True


class Outbox:
    """Sends what follows. Every part may be repeated: messages and events carry the key that tells a repetition."""

    def __init__(
        self,
        sqs: Any,
        events: Any,
        assets: AssetStore,
        wake_ups: WakeUps,
        *,
        dead_letter_queue_url: str,
        bus: str,
        clock: Clock = wall_clock,
    ) -> None:
        self._sqs = sqs
        self._events = events
        self._assets = assets
        self._wake_ups = wake_ups
        self._dead_letter_queue_url = dead_letter_queue_url
        self._bus = bus
        self._clock = clock

    def deliver(self, follow_ups: Iterable[FollowUp]) -> None:
        """Do all of it, messages first and in order, then events, as many a call as the bus takes.

        Raises Throttled or Unavailable where something could not be done for now, and whatever else a service says to
        what it refuses for good.
        """
        entries: list[dict[str, Any]] = []
        for each in follow_ups:
            match each:
                case WakeUp():
                    self._wake_ups.send(each)
                case DeadLetter(job):
                    self._bury(job)
                case JobNews(event, job, lease_number):
                    key = {"jobId": job.job_id, "leaseNumber": lease_number, "event": event}
                    entries.append(self._entry(event, {**job_news(job), "leaseNumber": lease_number, "key": key}))
                case AssetNews(event, asset):
                    # Its own fields tell a repetition, and `key` is the object's in the bucket.
                    entries.append(self._entry(event, asset_view(asset)))
        for call in _calls_of(entries):
            self._announce(call)

    def _bury(self, job: Job) -> None:
        """Put a dead job on the dead-letter queue, and let its picture say what is wrong with it."""
        picture = _picture_of(job)
        if picture is not None and job.last_error is not None:
            self._assets.mark_failed(*picture, job.last_error.code, job.last_error.message, self._clock())
        key = {"jobId": job.job_id, "leaseNumber": job.lease_number, "event": "job.dlq"}
        with faults_in_our_words():
            self._sqs.send_message(
                QueueUrl=self._dead_letter_queue_url,
                MessageBody=json.dumps({"key": key, "job": job_view(job)}),
                MessageAttributes={
                    "type": {"DataType": "String", "StringValue": job.type},
                    "jobId": {"DataType": "String", "StringValue": job.job_id},
                },
            )

    def _entry(self, event: str, detail: dict[str, Any]) -> dict[str, Any]:
        return {"Source": SOURCE, "DetailType": event, "Detail": json.dumps(detail), "EventBusName": self._bus}

    def _announce(self, entries: Sequence[dict[str, Any]]) -> None:
        with faults_in_our_words():
            answer = self._events.put_events(Entries=entries)
        if answer.get("FailedEntryCount"):
            raise Unavailable("the event bus refused a part of the events; the whole batch is sent again")


def _calls_of(entries: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The entries in order, as many together as one call may carry. One that is too large goes alone, to be refused."""
    call: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        more = sum(len(entry[part].encode()) for part in ("Source", "DetailType", "Detail"))
        if call and (len(call) == _EVENTS_A_CALL or size + more >= _BYTES_A_CALL):
            yield call
            call, size = [], 0
        call.append(entry)
        size += more
    if call:
        yield call


def _picture_of(job: Job) -> tuple[str, int] | None:
    """The asset and the version that a thumbnail job names; None where they can't be those of any asset.

    A payload is whatever a producer has sent: a write that the table refuses would hold up the stream for ever.
    """
    if job.type != THUMBNAIL_JOB:
        return None
    payload = json.loads(job.payload)
    asset_id, version = payload.get("assetId"), payload.get("versionNumber")
    if not isinstance(asset_id, str) or not is_id(asset_id):
        return None
    return (asset_id, int(version)) if isinstance(version, int | float) and 0 < version <= LAST_VERSION else None
