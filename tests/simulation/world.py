"""A whole Leasehold in one process, with a clock that is moved by hand and every AWS call under control.

The tables are moto's; buckets, queues and the bus are plain lists, since their delays follow the world's clock. Each
call goes through `Faults`, which can stop the process there, lose the answer, or throttle. What the tables' streams
would carry is kept and handed to the outbox as AWS would: in order for each item, at least once.
"""

import io
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from botocore.exceptions import ClientError, ReadTimeoutError
from PIL import Image

from leasehold.asset import Upload
from leasehold.asset_store import AssetStore, asset_of
from leasehold.dispatch import Dispatch
from leasehold.errors import LeaseholdError
from leasehold.follow_ups import of_asset, of_job
from leasehold.items import Item, job_of
from leasehold.job import Job
from leasehold.jobs import Jobs
from leasehold.outbox import Outbox, WakeUps
from leasehold.pipeline import Pipeline, WillRetry
from leasehold.queue import Queue
from leasehold.registry import Registry
from leasehold.store import JobStore
from leasehold.sweeper import Sweeper
from leasehold_imaging import Limits, Variant, make_thumbnails
from tests.rig import ADMIN, HandClock
from tests.template_file import create_tables

Mode = Literal["stop before", "stop after", "answer lost", "answer lost, sent again", "throttled"]
MODES: tuple[Mode, ...] = ("stop before", "stop after", "answer lost", "answer lost, sent again", "throttled")

# Few types: each sweep looks at all of them, and each look is a call that can break.
REGISTRY = Registry.of({
    "demo.echo": {},
    "thumbnail.create": {"delivery": "push", "backoff_base_seconds": 5, "backoff_cap_seconds": 900},
})  # fmt: skip
_MINUTE = 60


class Stopped(BaseException):
    """The process ends here: nothing in the code under test may catch it."""


@dataclass
class Faults:
    """What goes wrong: the call of that number, counted from when it is armed, in that way."""

    at: int | None = None
    mode: Mode = "stop before"
    calls: list[str] = field(default_factory=list)

    def arm(self, at: int | None, mode: Mode) -> None:
        self.at, self.mode, self.calls = at, mode, []

    def around(self, name: str, effect: Callable[[], Any]) -> Any:
        self.calls.append(name)
        if self.at is None or len(self.calls) - 1 != self.at:
            return effect()
        self.at = None
        if self.mode == "stop before":
            raise Stopped
        if self.mode == "throttled":
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, name)
        if self.mode == "answer lost, sent again":
            effect()
            return effect()
        effect()
        if self.mode == "stop after":
            raise Stopped
        raise ReadTimeoutError(endpoint_url="http://127.0.0.1")


class Watched:
    """A client each of whose calls goes through the faults."""

    def __init__(self, client: Any, name: str, faults: Faults, observe: Callable[..., Any]) -> None:
        self._client, self._name, self._faults, self._observe = client, name, faults, observe

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        real = getattr(self._client, operation)

        def call(**arguments: Any) -> Any:
            return self._faults.around(f"{self._name}.{operation}", lambda: self._observe(operation, arguments, real))

        return call


@dataclass
class Message:
    body: dict[str, Any]
    due_at: int


@dataclass
class Queues:
    """SQS as a plain list, and the event bus as another."""

    clock: HandClock
    messages: dict[str, list[Message]] = field(default_factory=lambda: {"retry": [], "dead": []})
    events: list[dict[str, Any]] = field(default_factory=list)

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert 0 < len(Entries) <= 10
        for entry in Entries:
            assert 0 <= entry["DelaySeconds"] <= 900
            due_at = self.clock() + entry["DelaySeconds"] * 1000
            self.messages[QueueUrl].append(Message(json.loads(entry["MessageBody"]), due_at))
        return {}

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert len(Entries) <= 10
        self.events += [{"event": entry["DetailType"], **json.loads(entry["Detail"])} for entry in Entries]
        return {"FailedEntryCount": 0}

    def event_keys(self) -> set[tuple[str, str, int]]:
        """(event, job or asset, lease or version): repetitions fall together."""
        return {
            (event["event"], event["jobId"], event["leaseNumber"])
            if "jobId" in event
            else (event["event"], event["assetId"], event["versionNumber"])
            for event in self.events
        }

    def letters(self) -> set[tuple[str, int]]:
        """(job, lease) of the dead letters: repetitions fall together."""
        return {(each.body["key"]["jobId"], each.body["key"]["leaseNumber"]) for each in self.messages["dead"]}


class Buckets:
    """S3 as a plain dictionary."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_more: Any) -> dict[str, Any]:  # noqa: N803
        self.objects[Bucket, Key] = Body
        return {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        body = self.objects.get((Bucket, Key))
        if body is None:
            raise _s3_error(404)
        return {"ContentLength": len(body), "Body": io.BytesIO(body)}


class World:
    """Everything at once. Make it within `mock_aws`, over one client of moto's DynamoDB."""

    def __init__(self, dynamodb_of_moto: Any) -> None:
        self.clock = HandClock()
        self.faults = Faults()
        self.stream: list[tuple[str, Item | None, Item]] = []
        self.uploads_unhandled: list[Upload] = []
        self._real = dynamodb_of_moto
        self.tables = create_tables(self._real, f"world-{uuid.uuid4().hex}")
        self.buckets = Buckets()
        self.queues = Queues(self.clock)
        dynamodb = Watched(self._real, "dynamodb", self.faults, self._observe_write)
        s3 = Watched(self.buckets, "s3", self.faults, _just_call)
        sqs = Watched(self.queues, "sqs", self.faults, _just_call)
        events = Watched(self.queues, "events", self.faults, _just_call)
        self.store = JobStore(dynamodb, self.tables["jobs"])
        self.dispatch = Dispatch(dynamodb, self.tables["jobs"])
        self.assets = AssetStore(dynamodb, self.tables["assets"])
        self.jobs = Jobs(
            REGISTRY,
            self.store,
            self.dispatch,
            clock=self.clock,
            draw=lambda _low, high: high,
            sleep=self.clock.move,
        )
        wake_ups = WakeUps(Queue(sqs, "retry"), clock=self.clock)
        self.outbox = Outbox(events, self.assets, wake_ups, Queue(sqs, "dead"), bus="bus", clock=self.clock)
        self.sweeper = Sweeper(REGISTRY, self.dispatch, self.jobs, wake_ups, clock=self.clock)
        self.pipeline = Pipeline(
            self.jobs,
            self.assets,
            s3,
            lambda data: make_thumbnails(data, [Variant("320", 32, 32), Variant("64", 16, 16)], Limits()),
            derived_bucket="derived",
            max_bytes=10_000_000,
            worker_id=lambda: "lambda:thumbnail:test",
            clock=self.clock,
        )

    # ---- what AWS does ----

    def upload(self, key: str, data: bytes, sequencer: str = "01") -> Upload:
        """A user puts an object; S3 has an event to deliver."""
        self.buckets.put_object("uploads", key, data)
        upload = Upload("uploads", key, sequencer, len(data))
        self.uploads_unhandled.append(upload)
        return upload

    def deliver_upload(self) -> None:
        """S3's event reaches the function; it stays to be delivered until the function has ended well."""
        upload = self.uploads_unhandled[0]
        self._settled(lambda: self.pipeline.take_in(upload))
        self.uploads_unhandled.remove(upload)

    def deliver_stream(self) -> None:
        """The oldest change reaches the outbox; it stays until it has been handled."""
        table, old, new = self.stream[0]
        if table == self.tables["jobs"]:
            follow_ups = of_job(
                job_of(old) if old else None,
                job_of(new),
                is_pushed=lambda name: REGISTRY.rules_of(name).is_pushed,
                tell_all=True,
            )
        else:
            follow_ups = of_asset(asset_of(old) if old else None, asset_of(new))
        self.outbox.deliver(follow_ups)
        self.stream.pop(0)

    def deliver_wake_up(self) -> bool:
        """A nudge that is due reaches the function; it stays until it has been handled."""
        due = [each for each in self.queues.messages["retry"] if each.due_at <= self.clock()]
        if not due:
            return False
        self._settled(lambda: self.pipeline.wake(due[0].body["jobId"]))
        self.queues.messages["retry"].remove(due[0])
        return True

    def settle(self, work: Callable[[Job], None] | None = None, minutes: int = 120) -> None:
        """Let time pass: retries, redeliveries, sweeps, and a worker that works on whatever is due."""
        self.faults.arm(None, "stop before")
        for _ in range(minutes):
            while self.uploads_unhandled:
                self.deliver_upload()
            while self.stream:
                self.deliver_stream()
            while self.deliver_wake_up():
                pass
            if work is not None:
                for job in self.jobs.lease(["demo.echo"], "honest-worker", ADMIN, at_most=10):
                    work(job)
            self.sweeper.sweep()
            if not (self.stream or self.uploads_unhandled) and self._all_final():
                return
            self.clock.move(_MINUTE)

    # ---- what can be looked at ----

    def every_job(self) -> list[Job]:
        return [job_of(item) for item in self._real.scan(TableName=self.tables["jobs"])["Items"]]

    def every_asset(self) -> list[Any]:
        return [asset_of(item) for item in self._real.scan(TableName=self.tables["assets"])["Items"]]

    def derived_keys(self) -> set[str]:
        return {key for bucket, key in self.buckets.objects if bucket == "derived"}

    def _all_final(self) -> bool:
        return all(job.status in ("succeeded", "dlq", "cancelled") for job in self.every_job())

    def _settled(self, work: Callable[[], Any]) -> None:
        with suppress(WillRetry):  # the failure was reported: the job comes again by itself
            work()

    def _observe_write(self, operation: str, arguments: dict[str, Any], real: Callable[..., Any]) -> Any:
        if operation not in ("put_item", "update_item"):
            return real(**arguments)
        table = arguments["TableName"]
        key_name = "jobId" if table == self.tables["jobs"] else "assetId"
        key = {key_name: arguments["Item" if operation == "put_item" else "Key"][key_name]}
        old = self._real.get_item(TableName=table, Key=key).get("Item")
        answer = real(**arguments)
        self.stream.append((table, old, self._real.get_item(TableName=table, Key=key)["Item"]))
        return answer


_LEGAL_NEXT: dict[str, set[str]] = {
    "queued": {"leased", "cancelled"},
    "leased": {"succeeded", "failed", "dlq", "released", "cancelled"},
    "failed": {"leased", "cancelled"},
    "released": {"leased", "cancelled"},
    "redriven": {"leased", "cancelled"},
    "dlq": {"redriven"},
    "succeeded": set(),
    "cancelled": set(),
}
_STATUS_AFTER = {"queued": "queued", "failed": "queued", "released": "queued", "redriven": "queued"}


def check_history(job: Job) -> None:
    """A job's history is a legal path and ends in its status, with no more attempts than allowed."""
    events = [change.event for change in job.history]
    for before, after in pairwise(events):
        assert after in _LEGAL_NEXT[before], f"{before} → {after} in {events}"
    assert _STATUS_AFTER.get(events[-1], events[-1]) == job.status
    assert job.attempt <= job.max_attempts
    if len(job.history) == job.sequence + 1:
        assert job.lease_number == events.count("leased")


def small_picture() -> bytes:
    """A picture of 64 x 48."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def until_answered(report: Callable[[], Any], tries: int = 5) -> Any:
    """What a good client does: say it again until it is answered."""
    for _ in range(tries - 1):
        try:
            return report()
        except LeaseholdError as fault:
            if fault.status not in (429, 503):
                raise
    return report()


def _just_call(_operation: str, arguments: dict[str, Any], real: Callable[..., Any]) -> Any:
    return real(**arguments)


def _s3_error(status: int) -> ClientError:
    return ClientError({"Error": {"Code": str(status)}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")
