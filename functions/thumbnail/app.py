"""S3 events and wake-up messages → pictures. The same function for both, through the same lease as any worker's."""

import os
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from leasehold import wiring
from leasehold.asset import Upload
from leasehold.aws import client
from leasehold.errors import LeaseConflict
from leasehold.observe import logger, metrics
from leasehold.pipeline import UPLOADS, MadePicture, Outcome, Pipeline, Unworkable, WillRetry
from leasehold.settings import setting
from leasehold_imaging import PictureError
from leasehold_imaging.contained import make_thumbnails_contained, start_worker
from leasehold_imaging.settings import variants_and_limits_from_env

VARIANTS, LIMITS = variants_and_limits_from_env(os.environ)
_messages = BatchProcessor(event_type=EventType.SQS)

# A decoder that runs away must not take the function with it: pictures are made in a process beside it, which loads
# while this one is still connecting to AWS.
start_worker()


def make(data: bytes) -> MadePicture:
    """Bytes to thumbnails, within the limits of this stack."""
    try:
        return make_thumbnails_contained(data, VARIANTS, LIMITS)
    except PictureError as fault:
        raise Unworkable(fault.code, fault.message) from fault


@cache
def pipeline() -> Pipeline:
    """The pipeline of this process."""
    return Pipeline(
        wiring.jobs(),
        wiring.assets(),
        client("s3"),
        make,
        derived_bucket=setting("DERIVED_BUCKET"),
        max_bytes=LIMITS.max_bytes,
        worker_id=lambda: f"lambda:thumbnail:{uuid.uuid4().hex[:12]}",
    )


wiring.made_at_start(pipeline)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An S3 notification, or a batch of wake-ups from the delay queue."""
    records = event.get("Records", [])
    if records and records[0].get("eventSource") == "aws:sqs":
        return {**process_partial_response(event, _wake, _messages, context)}
    for upload in _uploads(records):
        _settled(lambda upload=upload: pipeline().take_in(upload), key=upload.key)
    if not records:
        logger.info("nothing to do", extra={"s3_event": event.get("Event")})
    return {}


def _wake(record: SQSRecord) -> None:
    job_id = str(record.json_body["jobId"])
    _settled(lambda: pipeline().wake(job_id), job_id=job_id)


def _settled(work: Any, **about: str) -> None:
    """Run the pipeline once and log what became of it. A reported failure is settled: the job itself comes again."""
    try:
        outcome: Outcome = work()
    except WillRetry as retry:
        outcome = retry.outcome
        logger.exception("attempt failed", extra=about)
    except LeaseConflict as conflict:
        # Another worker has the job, or it was cancelled: its result is not wanted.
        logger.warning("lease lost", extra={"reason": conflict.message, **about})
        return
    logger.info(outcome.outcome, extra={**about, **asdict(outcome)})


def _uploads(records: Sequence[dict[str, Any]]) -> list[Upload]:
    """The writes that an S3 notification tells of, save those of zero-byte "folder" keys."""
    uploads = []
    for record in records:
        if not record.get("eventName", "").removeprefix("s3:").startswith("ObjectCreated:"):
            continue
        written = record["s3"]["object"]
        key = unquote_plus(written["key"])
        size = int(written.get("size", 0))
        if not key.startswith(UPLOADS) or (key.endswith("/") and size == 0):
            continue
        uploads.append(Upload(record["s3"]["bucket"]["name"], key, written.get("sequencer", "0"), size))
    return uploads
