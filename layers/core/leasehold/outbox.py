"""Doing what follows from changes: wake-ups, dead letters, events. At least once each, from the tables' streams."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from leasehold.asset_store import AssetStore
from leasehold.aws import faults_in_our_words
from leasehold.errors import Unavailable
from leasehold.follow_ups import AssetNews, DeadLetter, FollowUp, News, WakeUp
from leasehold.ids import is_id
from leasehold.job import Job
from leasehold.packing import Entry, packed
from leasehold.queue import Message, Queue
from leasehold.times import SECOND, Clock, wall_clock
from leasehold.views import asset_view, job_news, job_view

LONGEST_DELAY: Final = 900  # seconds; SQS takes no more
SOURCE: Final = "leasehold"
THUMBNAIL_JOB: Final = "thumbnail.create"
LAST_VERSION: Final = 1_000_000_000  # as in the payload's schema, in job_types.toml


class WakeUps:
    """Messages on the delay queue that nudge the function of a pushed job."""

    def __init__(self, queue: Queue, *, clock: Clock = wall_clock) -> None:
        self._queue = queue
        self._clock = clock

    def send(self, wake_ups: Iterable[WakeUp]) -> Sequence[WakeUp]:
        """Send the nudges for when their jobs are due. Returns them, but for those of jobs due too far off for SQS.

        For these the sweeper sends one later. Whole seconds, rounded up: a nudge that is early finds nothing to do.
        """
        now = self._clock()
        delays = [(each, max(0, -(-(each.due_at - now) // SECOND))) for each in wake_ups]
        near = [(each, delay) for each, delay in delays if delay <= LONGEST_DELAY]
        self._queue.send([_nudge(each, delay) for each, delay in near])
        return [each for each, _ in near]


class Outbox:
    """Sends what follows. Every part may be repeated: messages and events carry the key that tells a repetition."""

    def __init__(
        self,
        events: Any,
        assets: AssetStore,
        wake_ups: WakeUps,
        dead_letters: Queue,
        *,
        bus: str,
        clock: Clock = wall_clock,
    ) -> None:
        self._events = events
        self._assets = assets
        self._wake_ups = wake_ups
        self._dead_letters = dead_letters
        self._bus = bus
        self._clock = clock

    def deliver(self, follow_ups: Sequence[FollowUp]) -> None:
        """Do all of it: wake-ups, then dead letters, then events, each in order, as many a call as the service takes.

        Raises Throttled or Unavailable where something could not be done for now, and whatever else a service says to
        what it refuses for good.
        """
        self._wake_ups.send(each for each in follow_ups if isinstance(each, WakeUp))
        self._bury([each.job for each in follow_ups if isinstance(each, DeadLetter)])
        for call in packed((self._entry(each) for each in follow_ups if isinstance(each, News)), _size):
            self._announce(call)

    def _bury(self, jobs: Sequence[Job]) -> None:
        """Put dead jobs on the dead-letter queue, and let their pictures say what is wrong with them."""
        for job in jobs:
            picture = _picture_of(job)
            if picture is not None and job.last_error is not None:
                self._assets.mark_failed(*picture, job.last_error.code, job.last_error.message, self._clock())
        self._dead_letters.send([_letter(job) for job in jobs])

    def _entry(self, news: News) -> Entry:
        detail = json.dumps(_detail(news))
        return {"Source": SOURCE, "DetailType": news.event, "Detail": detail, "EventBusName": self._bus}

    def _announce(self, entries: Sequence[Entry]) -> None:
        with faults_in_our_words():
            answer = self._events.put_events(Entries=entries)
        if answer.get("FailedEntryCount"):
            raise Unavailable("the event bus refused a part of the events; the whole batch is sent again")


def _nudge(wake_up: WakeUp, delay_seconds: int) -> Message:
    body = {"jobId": wake_up.job_id, "leaseNumber": wake_up.lease_number}
    return Message(json.dumps(body), delay_seconds)


def _letter(job: Job) -> Message:
    key = {"jobId": job.job_id, "leaseNumber": job.lease_number, "event": "job.dlq"}
    body = {"key": key, "job": job_view(job)}
    return Message(json.dumps(body), attributes={"type": job.type, "jobId": job.job_id})


def _detail(news: News) -> dict[str, Any]:
    if isinstance(news, AssetNews):
        # Its own fields tell a repetition, and `key` is the object's in the bucket.
        return asset_view(news.asset)
    key = {"jobId": news.job.job_id, "leaseNumber": news.lease_number, "event": news.event}
    return {**job_news(news.job), "leaseNumber": news.lease_number, "key": key}


def _size(entry: Entry) -> int:
    """As the bus counts."""
    return sum(len(entry[part].encode()) for part in ("Source", "DetailType", "Detail"))


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
