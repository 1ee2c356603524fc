"""The tables' streams → wake-ups, dead letters, events.

A fault that passes (throttling, an outage) is raised: the whole batch comes again, and all follow-ups are idempotent by
their key. A record that can't be read at all, or whose follow-ups a service refuses for what they say, is reported
alone, so that on AWS it ends on the failure queue after its retries, and those behind it go on.
"""

import os
from typing import Any

from leasehold import wiring
from leasehold.asset_store import asset_of
from leasehold.errors import LeaseholdError
from leasehold.follow_ups import FollowUp, of_asset, of_job
from leasehold.items import job_of
from leasehold.observe import logger, metrics
from leasehold.settings import registry

wiring.made_at_start(wiring.outbox)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A batch of DynamoDB stream records, old and new images."""
    hopeless: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            wiring.outbox().deliver(_follow_ups(record))
        except LeaseholdError:
            logger.warning("not delivered, comes again", event_id=record.get("eventID"))
            raise
        except Exception:
            logger.exception("hopeless record", event_id=record.get("eventID"))
            hopeless.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
    logger.info("delivered", records=len(event["Records"]), hopeless=len(hopeless))
    return {"batchItemFailures": hopeless[:1]}


def _follow_ups(record: dict[str, Any]) -> list[FollowUp]:
    if record["eventName"] == "REMOVE":
        return []  # deleted after its retention
    new, old = record["dynamodb"]["NewImage"], record["dynamodb"].get("OldImage")
    if "jobId" not in new:
        return of_asset(asset_of(old) if old else None, asset_of(new))
    return of_job(
        job_of(old) if old else None,
        job_of(new),
        is_pushed=lambda name: registry().rules_of(name).is_pushed,
        tell_all=os.environ.get("EMIT_ALL_EVENTS") == "true",
    )
