"""What each operation asks of AWS: calls, and the capacity that DynamoDB Local says they consume, as AWS counts it.

One unit writes 1 KB of an item, or of its entry in an index; an entry whose key changes is deleted and put, which is
two. Half a unit reads 4 KB of an index, found or not; one reads 4 KB of a table as it is now.
"""

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bench.metered import Meter
from leasehold.asset import Upload
from leasehold.follow_ups import of_job
from leasehold.outbox import Outbox, WakeUps
from leasehold.pipeline import Pipeline
from leasehold.queue import Queue
from leasehold_imaging import Limits, Variant, make_thumbnails
from tests.engines import dynamodb_client, spoken_to
from tests.rig import ADMIN, Rig, broken, by
from tests.simulation.world import Buckets, Queues, small_picture
from tests.template_file import create_tables

Units = dict[str, float]

CREATED: Units = {"jobs": 1, "jobs/listing": 1, "jobs/dispatch": 1}
MOVED: Units = {"jobs": 1, "jobs/dispatch": 2}
FINISHED: Units = {"jobs": 1, "jobs/dispatch": 1}
ENDED: Units = {"jobs": 1, "jobs/dispatch": 1, "jobs/ended": 1}
QUERIES_AND_A_WRITE: Units = {
    "Query": 2,
    "UpdateItem": 1,
}  # an empty look at the higher priority, and one that finds it


@dataclass
class Metered:
    """The service over DynamoDB Local, and the meter on its client."""

    rig: Rig
    meter: Meter

    def of(self, work: Callable[[], Any]) -> tuple[Units, Units, float]:
        """Calls, write units and read units of the work."""
        self.meter.reset()
        work()
        usage = self.meter.usage(1)
        calls = {name.removeprefix("dynamodb."): count for name, count in usage.calls.items()}
        return calls, dict(usage.write_units), usage.read_units


@pytest.fixture
def metered(local_dynamodb: str) -> Metered:
    meter = Meter(io.StringIO())
    tables = create_tables(dynamodb_client(local_dynamodb), f"m-{uuid.uuid4().hex[:12]}", with_streams=False)
    return Metered(Rig(meter.metering(spoken_to(local_dynamodb)), tables), meter)


def _leased(rig: Rig, **order: Any) -> Any:
    job = rig.leased(payload={"order": "A-10233", "customer": "c_8812"}, **order)
    rig.clock.move(1)
    return job


def _dead(rig: Rig) -> Any:
    job = _leased(rig)
    rig.jobs.fail(by(job), broken(retryable=False))
    return job


def _run_out(rig: Rig) -> Any:
    _leased(rig)
    rig.clock.move(120)
    [seen] = rig.dispatch.due([("demo.echo", 1)], "normal", until=rig.clock.now, limit=1).candidates
    return seen


# What there is before, and what is then done with it.
OPERATIONS: dict[str, tuple[Callable[[Rig], Any], Callable[[Rig, Any], Any]]] = {
    "create": (lambda rig: None, lambda rig, _: rig.enqueue()),
    "lease": (lambda rig: rig.enqueue(), lambda rig, _: rig.lease()),
    "lease a run-out job": (_run_out, lambda rig, _: rig.lease("worker_b")),
    "poll in vain": (lambda rig: None, lambda rig, _: rig.jobs.lease(["demo.echo"], "worker_a", ADMIN)),
    "heartbeat": (_leased, lambda rig, job: rig.jobs.heartbeat(by(job), progress=0.5)),
    "succeed": (_leased, lambda rig, job: rig.jobs.succeed(by(job), {"sent": True})),
    "fail": (_leased, lambda rig, job: rig.jobs.fail(by(job), broken())),
    "fail for good": (_leased, lambda rig, job: rig.jobs.fail(by(job), broken(retryable=False))),
    "release": (_leased, lambda rig, job: rig.jobs.release(by(job))),
    "cancel": (_leased, lambda rig, job: rig.jobs.cancel(job.job_id, ADMIN)),
    "redrive": (_dead, lambda rig, job: rig.jobs.redrive(job.job_id, ADMIN)),
    "expire": (_run_out, lambda rig, seen: rig.jobs.expire(seen)),
}
CONSUMED: dict[str, tuple[Units, Units, float]] = {
    "create": ({"PutItem": 1}, CREATED, 0),
    "lease": (QUERIES_AND_A_WRITE, MOVED, 1),
    "lease a run-out job": (QUERIES_AND_A_WRITE, MOVED, 1),
    "poll in vain": ({"Query": 3}, {}, 1.5),
    "heartbeat": ({"UpdateItem": 1}, MOVED, 0),
    "succeed": ({"UpdateItem": 1}, FINISHED, 0),
    "fail": ({"UpdateItem": 1}, MOVED, 0),
    "fail for good": ({"UpdateItem": 1}, ENDED, 0),
    "release": ({"UpdateItem": 1}, MOVED, 0),
    "cancel": ({"GetItem": 1, "UpdateItem": 1}, ENDED, 1),
    "redrive": ({"GetItem": 1, "UpdateItem": 1}, ENDED, 1),
    "expire": ({"UpdateItem": 1}, MOVED, 0),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_makes_these_calls_and_consumes_this_much(metered: Metered, operation: str) -> None:
    prepare, act = OPERATIONS[operation]
    prepared = prepare(metered.rig)
    assert metered.of(lambda: act(metered.rig, prepared)) == CONSUMED[operation]


def test_a_job_that_goes_well_is_eight_write_units_and_one_read_unit(metered: Metered) -> None:
    def life() -> None:
        job = _leased(metered.rig)
        metered.rig.jobs.succeed(by(job), {"sent": True})

    _, writes, reads = metered.of(life)
    assert (sum(writes.values()), reads) == (8, 1)


def test_a_retry_is_eight_write_units_more_since_its_history_takes_the_job_past_a_kilobyte(metered: Metered) -> None:
    def life() -> None:
        rig = metered.rig
        rig.jobs.fail(by(_leased(rig)), broken("the mail server did not answer", code="smtp_timeout"))
        rig.clock.move(60)
        job = rig.lease()
        rig.clock.move(1)
        rig.jobs.succeed(by(job), {"sent": True})

    _, writes, reads = metered.of(life)
    assert (sum(writes.values()), writes["jobs"], reads) == (16, 7, 2)


def test_a_picture_is_nine_write_units_two_requests_to_s3_and_two_events(metered: Metered) -> None:
    """One variant, of an upload whose key names no registered asset: its record, its job, its thumbnail, its report."""
    rig, meter = metered.rig, metered.meter
    buckets = Buckets()
    pipeline = Pipeline(
        rig.jobs,
        rig.assets,
        meter.counting("s3", buckets),
        lambda data: make_thumbnails(data, [Variant("320", 32, 32)], Limits()),
        derived_bucket="derived",
        max_bytes=10_000_000,
        worker_id=lambda: "lambda:thumbnail:test",
        clock=rig.clock,
    )
    buckets.put_object("uploads", "uploads/garden.jpg", small_picture())
    upload = Upload("uploads", "uploads/garden.jpg", "01", 1_000)
    assert metered.of(lambda: pipeline.take_in(upload)) == (
        {"UpdateItem": 3, "PutItem": 2, "s3.get_object": 1, "s3.put_object": 1},
        {"assets": 3, "assets/listing": 1, "jobs": 2, "jobs/listing": 1, "jobs/dispatch": 2},
        0,
    )


def test_what_follows_a_success_is_one_event_and_no_message(metered: Metered) -> None:
    rig, meter = metered.rig, metered.meter
    queues = Queues(rig.clock)
    sqs = meter.counting("sqs", queues)
    wake_ups = WakeUps(Queue(sqs, "retry"), clock=rig.clock)
    outbox = Outbox(meter.counting("events", queues), rig.assets, wake_ups, Queue(sqs, "dead"), bus="bus")
    old = _leased(rig)
    rig.jobs.succeed(by(old), {})
    follow_ups = of_job(old, rig.now_is(old), is_pushed=lambda _: False, tell_all=False)
    assert metered.of(lambda: outbox.deliver(follow_ups)) == ({"events.put_events": 1}, {}, 0)
