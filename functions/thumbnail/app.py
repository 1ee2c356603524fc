"""S3 events and wake-up messages → pictures. The same function for both, through the same lease as any worker's."""

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.metrics import MetricUnit

from leasehold import wiring
from leasehold.asset import Upload
from leasehold.aws import client
from leasehold.observe import logger, metrics
from leasehold.pipeline import UPLOADS, MadePicture, Outcome, Pipeline, Unworkable, WillRetry
from leasehold.settings import setting
from leasehold_imaging import PictureError
from leasehold_imaging.contained import make_thumbnails_contained, start_worker
from leasehold_imaging.settings import variants_and_limits_from_env

VARIANTS, LIMITS = variants_and_limits_from_env(os.environ)

# A decoder that runs away must not take the function with it: pictures are made in a process beside it, which loads
# while this one is still connecting to AWS.
start_worker()


def make(data: bytes) -> MadePicture:
    """Bytes to thumbnails, within the limits of this stack."""
    started = time.perf_counter()
    try:
        made = make_thumbnails_contained(data, VARIANTS, LIMITS)
    except PictureError as fault:
        raise Unworkable(fault.code, fault.message) from fault
    metrics.add_metric("PictureMilliseconds", MetricUnit.Milliseconds, (time.perf_counter() - started) * 1000)
    return made


@cache
def worker_id() -> str:
    """The name of this process as a worker."""
    return f"lambda:thumbnail:{uuid.uuid4().hex[:12]}"


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
        worker_id=worker_id,
    )


wiring.made_at_start(pipeline)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """An S3 notification, or a wake-up from the delay queue."""
    records = event.get("Records", [])
    if records and records[0].get("eventSource") == "aws:sqs":
        return _wake_all(records)
    for upload, s3_request_id in _uploads(records):
        # The line that ties S3's request to the job, whose id goes on from here.
        _settled(
            partial(pipeline().take_in, upload),
            key=upload.key,
            sequencer=upload.sequencer,
            s3_request_id=s3_request_id,
        )
    if not records:
        logger.info("nothing to do", extra={"s3_event": event.get("Event")})
    return {}


def _wake_all(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Handle wake-ups, one a call as the template has it; those that could not be handled come again by themselves.

    Powertools' batch processor does the same, at a tenth of this function's start.
    """
    failed: list[dict[str, str]] = []
    for record in records:
        try:
            job_id = str(json.loads(record["body"])["jobId"])
            _settled(partial(pipeline().wake, job_id), correlation_id=job_id)
        except Exception:
            if len(failed) + 1 == len(records):
                raise  # all of them: the function's own error, which its alarm counts
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _settled(work: Callable[[], Outcome], **about: str | None) -> None:
    """Run the pipeline once and log what became of it. A reported failure is settled: the job itself comes again."""
    try:
        outcome = work()
    except WillRetry as retry:
        logger.exception(retry.outcome.outcome, extra=_facts(retry.outcome, about))
        return
    except Exception:
        logger.exception("not settled, comes again", extra=about)
        raise
    level = logger.warning if outcome.outcome == "lease lost" else logger.info
    level(outcome.outcome, extra=_facts(outcome, about))


def _facts(outcome: Outcome, about: dict[str, str | None]) -> dict[str, str | None]:
    facts = {"correlation_id": outcome.job_id, "asset_id": outcome.asset_id, "code": outcome.code}
    return {**about, **facts, "worker_id": worker_id()}


def _uploads(records: Sequence[dict[str, Any]]) -> Iterator[tuple[Upload, str | None]]:
    """The writes that an S3 notification tells of, save those of "folder" keys; and S3's id of the request."""
    for record in records:
        if not record.get("eventName", "").removeprefix("s3:").startswith("ObjectCreated:"):
            continue
        written = record["s3"]["object"]
        key = unquote_plus(written["key"])
        size = int(written.get("size", 0))
        if not key.startswith(UPLOADS) or (key.endswith("/") and size == 0):
            continue
        upload = Upload(record["s3"]["bucket"]["name"], key, written.get("sequencer", "0"), size)
        yield upload, record.get("responseElements", {}).get("x-amz-request-id")
