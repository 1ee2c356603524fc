"""What a job goes through, on the functions' real handlers over DynamoDB Local, under a meter.

Only API Gateway, S3, SQS and the event bus are stand-ins; the tables, their streams, and every line of a function run.
"""

import importlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from bench.metered import Meter, Usage, log_kept
from bench.pictures.inputs import photo
from leasehold import settings, wiring
from leasehold.asset import Upload
from leasehold.asset_store import AssetStore
from leasehold.outbox import Outbox, WakeUps
from leasehold.pipeline import Pipeline
from leasehold.queue import Queue
from leasehold_imaging import Limits, Variant, make_thumbnails
from tests.api.in_process import Api
from tests.engines import client_of, dynamodb_local, spoken_to
from tests.rig import HandClock
from tests.simulation.world import Buckets, Queues
from tests.template_file import create_tables

PICTURE = "a 12 MP JPEG"
POLL = "a poll in vain"

_WARM_UP = 5
_JOBS = 40
_PICTURES = 8
_RECORDS_A_BATCH = 20  # about what a stream's shard has each time that Lambda looks, at 100 jobs a second
_PAYLOAD = {"order": "A-10233", "customer": "c_8812", "template": "receipt"}
_ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_METRICS_NAMESPACE": "Leasehold",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "UPLOADS_BUCKET": "uploads",
    "THUMBNAIL_MAX_MIB": "50",
}
_CONTEXT = SimpleNamespace(
    function_name="bench", memory_limit_in_mb=512, invoked_function_arn="arn:aws:lambda:::bench", aws_request_id="bench"
)


@dataclass(frozen=True, slots=True)
class Journey:
    """What a job of one kind uses, the API's routes that it calls, and the changes it leaves in each table's stream."""

    name: str
    usage: Usage
    routes: tuple[str, ...] = ()
    records: Mapping[str, float] = field(default_factory=dict)


def journeys() -> Iterator[Journey]:
    """Those over HTTP and that of a picture; as journeys too, one call of the authorizer and one of the sweeper."""
    with _site() as site:
        for name, steps in _OVER_HTTP.items():
            yield site.measured(name, _JOBS, partial(_over_http, site.api, steps), steps)
        site.buckets.put_object("uploads", "uploads/holiday.jpg", _photo())
        yield site.measured(PICTURE, _PICTURES, site.upload)
        yield site.measured("authorizer", _JOBS, site.authorize)
        yield site.measured("sweeper", _JOBS, site.sweep)


_OVER_HTTP: dict[str, tuple[str, ...]] = {
    "create, lease, succeed": ("create", "lease", "succeed"),
    "with a heartbeat": ("create", "lease", "heartbeat", "succeed"),
    "with a retry": ("create", "lease", "fail", "lease", "succeed"),
    POLL: ("poll",),
}
_REPORTS: dict[str, dict[str, Any]] = {
    "heartbeat": {"progress": 0.5},
    "succeed": {"result": {"sent": True}},
    "fail": {"error": {"message": "the mail server did not answer", "code": "smtp_timeout", "retryAfterSeconds": 0}},
}


def _over_http(api: Api, steps: tuple[str, ...]) -> None:
    job: dict[str, Any] = {}
    for step in steps:
        if step == "create":
            api.enqueued(payload=_PAYLOAD)
        elif step == "poll":
            assert api.post("/jobs/lease", {"type": "demo.echo"}).json == {"jobs": []}
        elif step == "lease":
            [job] = api.post("/jobs/lease", {"type": "demo.echo"}).json["jobs"]
        else:
            headers = {"x-worker-id": job["workerId"], "x-lease-token": job["leaseToken"]}
            answer = api.post(f"/jobs/{job['jobId']}/{step}", _REPORTS[step], headers=headers)
            assert answer.status == 200, answer.body


class _Site:
    """The functions over one set of tables."""

    def __init__(self, meter: Meter, dynamodb: Any, endpoint: str, tables: Mapping[str, str]) -> None:
        self._meter = meter
        self._streams = _Streams(endpoint, tables)
        self.buckets, queues = Buckets(), Queues(HandClock())
        sqs = meter.counting("sqs", queues)
        self.wake_ups = WakeUps(Queue(sqs, "retry"))
        self.outbox = Outbox(
            meter.counting("events", queues),
            AssetStore(dynamodb, tables["assets"]),
            self.wake_ups,
            Queue(sqs, "dead"),
            bus="bus",
        )
        self._pipeline = Pipeline(
            wiring.jobs(),
            AssetStore(dynamodb, tables["assets"]),
            meter.counting("s3", self.buckets),
            lambda data: make_thumbnails(data, [Variant("320", 320, 320)], Limits()),
            derived_bucket="derived",
            max_bytes=50 * 1024 * 1024,
            worker_id=lambda: "lambda:thumbnail:0123456789ab",
        )
        self._take_in = meter.timed("ThumbnailFunction", self._pipeline.take_in)
        self._authorize = self._function("authorizer", "AuthorizerFunction")
        self._sweep = self._function("sweeper", "SweeperFunction")
        self._deliver = self._function("outbox", "OutboxFunction")
        handlers = {
            "WorkerApi": self._function("worker_api", "WorkerApiFunction"),
            "JobsApi": self._function("jobs_api", "JobsApiFunction"),
        }
        self.api = Api(handlers, tables, dynamodb)
        _, self._token = wiring.tokens().mint("worker", "bench")
        self._uploads = 0

    def measured(self, name: str, jobs: int, job: Callable[[], None], routes: tuple[str, ...] = ()) -> Journey:
        """Let some jobs go ahead to warm up, then measure."""
        for _ in range(_WARM_UP):
            job()
        self._drain()
        self._meter.reset()
        for _ in range(jobs):
            job()
        records = {table: count / jobs for table, count in self._drain().items()}
        return Journey(name, self._meter.usage(jobs), routes, records)

    def upload(self) -> None:
        """A new write of the same picture: its record, its job, its thumbnail."""
        self._uploads += 1
        key = f"uploads/holiday-{self._uploads:04d}.jpg"
        data = self.buckets.objects["uploads", "uploads/holiday.jpg"]
        self.buckets.put_object("uploads", key, data)
        outcome = self._take_in(Upload("uploads", key, "0055AED6DCD90281E5", len(data)))
        assert outcome.outcome == "processed", outcome

    def authorize(self) -> None:
        """A request whose answer API Gateway doesn't have kept."""
        event = {"headers": {"authorization": f"Bearer {self._token}"}, "routeKey": "POST /jobs/lease"}
        assert self._authorize(event, _CONTEXT)["isAuthorized"]

    def sweep(self) -> None:
        """A minute in which nothing is due."""
        self._sweep({}, _CONTEXT)

    def _function(self, folder: str, name: str) -> Callable[..., Any]:
        return self._meter.timed(name, importlib.import_module(f"functions.{folder}.app").handler)

    def _drain(self) -> dict[str, int]:
        """Hand what is new in the streams to the outbox, a few records at a time; how many there were, by table."""
        new = self._streams.new()
        for records in new.values():
            for start in range(0, len(records), _RECORDS_A_BATCH):
                self._deliver({"Records": records[start : start + _RECORDS_A_BATCH]}, _CONTEXT)
        return {table: len(records) for table, records in new.items()}


class _Streams:
    """What is new in the tables' streams."""

    def __init__(self, endpoint: str, tables: Mapping[str, str]) -> None:
        self._client: Any = client_of(endpoint, "dynamodbstreams")
        self._tables = {kind: tables[kind] for kind in ("jobs", "assets")}
        self._read_up_to: dict[str, str] = {}

    def new(self) -> dict[str, list[dict[str, Any]]]:
        """The records since the last call, by table."""
        return {kind: self._read(kind, table) for kind, table in self._tables.items()}

    def _read(self, kind: str, table: str) -> list[dict[str, Any]]:
        [stream] = self._client.list_streams(TableName=table)["Streams"]
        arn = stream["StreamArn"]
        [shard] = self._client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        place = {"ShardIteratorType": "TRIM_HORIZON"}
        if kind in self._read_up_to:
            place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._read_up_to[kind]}
        begun = self._client.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], **place)
        iterator = begun["ShardIterator"]
        found: list[dict[str, Any]] = []
        while True:
            page = self._client.get_records(ShardIterator=iterator)
            iterator = page["NextShardIterator"]
            if not page["Records"]:
                break
            found += page["Records"]
        if found:
            self._read_up_to[kind] = found[-1]["dynamodb"]["SequenceNumber"]
        return found


@contextmanager
def _site() -> Iterator[_Site]:
    with dynamodb_local() as endpoint, log_kept() as log, ExitStack() as clean_up:
        meter = Meter(log)
        tables = create_tables(client_of(endpoint, "dynamodb"), "bench")
        dynamodb = meter.metering(spoken_to(endpoint))
        environment = {f"{kind.upper()}_TABLE": name for kind, name in tables.items()} | _ENVIRONMENT
        clean_up.enter_context(patch.dict(os.environ, environment))
        clean_up.enter_context(patch.object(wiring, "dynamodb", lambda: dynamodb))
        for cached in (settings.registry, wiring.jobs, wiring.assets, wiring.tokens, wiring.sweeper):
            cached.cache_clear()
            clean_up.callback(cached.cache_clear)
        site = _Site(meter, dynamodb, endpoint, tables)
        clean_up.enter_context(patch.object(wiring, "outbox", lambda: site.outbox))
        clean_up.enter_context(patch.object(wiring, "wake_ups", lambda: site.wake_ups))
        yield site


def _photo() -> bytes:
    out = io.BytesIO()
    photo((4000, 3000)).save(out, "JPEG", quality=88)
    return out.getvalue()
