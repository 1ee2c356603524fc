"""The tables' streams → wake-ups, dead letters, events; and the count of what happened to jobs.

What follows from a whole batch is delivered together, so that events share calls. A fault that passes (throttling, an
outage) is raised: the whole batch comes again, and all follow-ups are idempotent by their key. A record that can't be
read at all, or whose follow-ups a service refuses for what they say, is reported alone, so that on AWS it ends on the
failure queue after its retries, and those behind it go on. To find the one that is refused, the batch is delivered once
more, record by record.

The stream sees every change of a job, whoever makes it, so jobs are counted here. At least once: a batch is counted
when all of it has been delivered, and counted again where it comes again nevertheless.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from leasehold import wiring
from leasehold.asset_store import asset_of
from leasehold.errors import LeaseholdError
from leasehold.follow_ups import AssetNews, DeadLetter, FollowUp, JobNews, changes, of_asset, of_job
from leasehold.items import job_of
from leasehold.observe import gauge, logger, metrics
from leasehold.settings import registry

wiring.made_at_start(wiring.outbox)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one record tells: what follows, what it is about (for the log), and (type, event) of what to count."""

    record: dict[str, Any]
    follow_ups: Sequence[FollowUp] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    counted: tuple[tuple[str, str], ...] = ()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A batch of DynamoDB stream records, old and new images."""
    hopeless: list[dict[str, Any]] = []
    delivered = _deliver(_read(event["Records"], hopeless), hopeless)
    counted: Counter[tuple[str, str]] = Counter()
    for seen in delivered:
        if seen.follow_ups:
            logger.info("followed up", extra={"sent": [_name(each) for each in seen.follow_ups], **seen.about})
        counted.update(seen.counted)
    for (job_type, happened), count in counted.items():
        gauge("Jobs", MetricUnit.Count, count, type=job_type, event=happened)
    logger.info("delivered", records=len(event["Records"]), hopeless=len(hopeless))
    # Of several, Lambda goes by the first in the stream, and brings those behind it again.
    return {"batchItemFailures": [{"itemIdentifier": each["dynamodb"]["SequenceNumber"]} for each in hopeless]}


def _read(records: Sequence[dict[str, Any]], hopeless: list[dict[str, Any]]) -> list[Seen]:
    """What the records tell; those that can't be read are hopeless."""
    found = []
    for record in records:
        try:
            found.append(_seen(record))
        except Exception:
            _give_up(record, {}, hopeless)
    return found


def _deliver(batch: Sequence[Seen], hopeless: list[dict[str, Any]]) -> Sequence[Seen]:
    """Do what follows from all of it together; or one by one where something is refused, to find what is hopeless."""
    try:
        _send(batch)
    except LeaseholdError:
        raise
    except Exception:
        return [seen for seen in batch if _deliver_alone(seen, hopeless)]
    return batch


def _deliver_alone(seen: Seen, hopeless: list[dict[str, Any]]) -> bool:
    try:
        _send([seen])
    except LeaseholdError:
        raise
    except Exception:
        _give_up(seen.record, seen.about, hopeless)
        return False
    return True


def _send(batch: Sequence[Seen]) -> None:
    try:
        wiring.outbox().deliver([each for seen in batch for each in seen.follow_ups])
    except LeaseholdError:
        about = batch[0].about if len(batch) == 1 else {}
        logger.warning("not delivered, comes again", extra={"records": len(batch), **about})
        raise


def _give_up(record: dict[str, Any], about: Mapping[str, str], hopeless: list[dict[str, Any]]) -> None:
    """Set a record aside, to be reported alone; its fault is the one that is being handled."""
    logger.exception("hopeless record", extra={"event_id": record.get("eventID"), **about})
    hopeless.append(record)


def _seen(record: dict[str, Any]) -> Seen:
    if record["eventName"] == "REMOVE":
        return Seen(record)  # deleted after its retention
    new, old = record["dynamodb"]["NewImage"], record["dynamodb"].get("OldImage")
    if "jobId" not in new:
        asset = asset_of(new)
        return Seen(record, of_asset(asset_of(old) if old else None, asset), {"asset_id": asset.asset_id})
    job, job_before = job_of(new), job_of(old) if old else None
    follow_ups = of_job(
        job_before,
        job,
        is_pushed=lambda name: registry().rules_of(name).is_pushed,
        tell_all=os.environ.get("EMIT_ALL_EVENTS") == "true",
    )
    job_type = job.type if job.type in registry() else "other"
    counted = tuple((job_type, change.event) for change in changes(job_before, job))
    return Seen(record, follow_ups, {"correlation_id": job.job_id, "type": job.type}, counted)


def _name(follow_up: FollowUp) -> str:
    match follow_up:
        case JobNews(event) | AssetNews(event):
            return event
        case DeadLetter():
            return "dead letter"
    return "wake-up"
