"""Jobs, assets and tokens as the JSON that clients see. What does not apply is null."""

import json
from typing import TYPE_CHECKING, Any

from leasehold.times import written

if TYPE_CHECKING:
    from leasehold.asset import Asset
    from leasehold.job import Change, Job
    from leasehold.registry import JobType
    from leasehold.tokens import Token

Json = dict[str, Any]


def job_view(job: "Job") -> Json:
    """A job."""
    return {**listed_view(job), "history": _history(job)}


def leased_view(job: "Job") -> Json:
    """A job for the worker that has just got its lease; only this shows the token."""
    return {**job_view(job), "leaseToken": job.lease_token}


def listed_view(job: "Job") -> Json:
    """A job as lists have it: without its history, which can be larger than all the rest."""
    return {
        **_without_contents(job),
        "payload": json.loads(job.payload),
        "result": None if job.result is None else json.loads(job.result),
    }


def job_news(job: "Job") -> Json:
    """A job as events tell of it: without payload, result and token."""
    return {**_without_contents(job), "history": _history(job)}


def _without_contents(job: "Job") -> Json:
    error, held = job.last_error, job.status == "leased"
    return {
        "jobId": job.job_id,
        "type": job.type,
        "status": job.status,
        "priority": job.priority,
        "attempt": job.attempt,
        "maxAttempts": job.max_attempts,
        "leaseNumber": job.lease_number,
        "createdAt": written(job.created_at),
        "updatedAt": written(job.updated_at),
        "nextRunAt": _time(job.next_run_at),
        "lastError": None if error is None else {"code": error.code, "message": error.message, "at": written(error.at)},
        "workerId": job.worker_id if held else None,
        "leaseExpiresAt": _time(job.lease_expires_at) if held else None,
        "progress": job.progress if held else None,
        "progressMessage": job.progress_message if held else None,
    }


def asset_view(asset: "Asset") -> Json:
    """An asset, without signed addresses."""
    return {
        "assetId": asset.asset_id,
        "kind": asset.kind,
        "sourceAssetId": asset.source_asset_id,
        "bucket": asset.bucket,
        "key": asset.key,
        "versionNumber": asset.version_number,
        "contentType": asset.content_type,
        "bytes": asset.bytes,
        "width": asset.width,
        "height": asset.height,
        "processed": asset.processed,
        "thumbnailAssetId": asset.thumbnail_asset_id,
        "placeholder": asset.placeholder,
        "thumbnails": [
            {
                "assetId": each.asset_id,
                "variant": each.variant,
                "key": each.key,
                "contentType": each.content_type,
                "width": each.width,
                "height": each.height,
                "bytes": each.bytes,
            }
            for each in asset.thumbnails
        ],
        "error": None if asset.error_message is None else {"code": asset.error_code, "message": asset.error_message},
        "createdAt": written(asset.created_at),
        "updatedAt": written(asset.updated_at),
    }


def type_view(job_type: "JobType") -> Json:
    """A job type as the registry has it."""
    return {
        "type": job_type.name,
        "leaseSeconds": job_type.lease_seconds,
        "maxAttempts": job_type.max_attempts,
        "backoffBaseSeconds": job_type.backoff.base_seconds,
        "backoffCapSeconds": job_type.backoff.cap_seconds,
        "delivery": job_type.delivery,
        "retentionDays": job_type.retention_days,
        "payloadSchema": job_type.payload_schema,
    }


def token_view(token: "Token") -> Json:
    """A token without its secret."""
    return {
        "tokenId": token.token_id,
        "role": token.role,
        "label": token.label,
        "types": list(token.types),
        "workerIds": list(token.worker_ids),
        "createdAt": written(token.created_at),
        "expiresAt": _time(token.expires_at),
        "previousSecretUntil": _time(token.previous_until),
    }


def _history(job: "Job") -> list[Json]:
    return [_change(change) for change in job.history]


def _change(change: "Change") -> Json:
    view: Json = {"at": written(change.at), "event": change.event, "attempt": change.attempt}
    if change.worker_id is not None:
        view["workerId"] = change.worker_id
    if change.error_message is not None:
        view["error"] = {"code": change.error_code, "message": change.error_message}
    return view


def _time(instant: int | None) -> str | None:
    return None if instant is None else written(instant)
