"""One small story, told in examples: a job is enqueued, leased, reported on; a picture gets its thumbnail."""

from typing import Any

Json = dict[str, Any]

JOB_ID = "job_mzuw4zdfnz2gk3tumvzgc3tdmu"
ASSET_ID = "as_nbuws43unbswizlsmfzw63tfmq"
THUMBNAIL_ID = "as_obzg65dpnfxgo43pnvswk3tdmu"
TOKEN_ID = "4f1c09d27ab3e586"  # noqa: S105 - an id names a token and opens nothing
WORKER_ID = "laptop-1.echo:7"
LEASE_TOKEN = "1~0~5~1~120~demo.echo~6Yq3mC0tWv9ZkJ2x"  # noqa: S105 - of no job
CURSOR = "MjAzMC0wMS0zMVQxMjowMDowMC4wMDBaI2pvYl9tenV3NHpkZm56MmdrM3R1bXZ6Z2MzdGRtdQ"

_ENQUEUED: Json = {"at": "2030-01-31T12:00:00.000Z", "event": "queued", "attempt": 0}
_LEASED: Json = {"at": "2030-01-31T12:00:05.120Z", "event": "leased", "attempt": 0, "workerId": WORKER_ID}
_FAILED: Json = {
    "at": "2030-01-31T12:00:07.300Z",
    "event": "failed",
    "attempt": 1,
    "workerId": WORKER_ID,
    "error": {"code": "mail_down", "message": "the mail server refused us"},
}

QUEUED: Json = {
    "jobId": JOB_ID,
    "type": "demo.echo",
    "status": "queued",
    "priority": "normal",
    "attempt": 0,
    "maxAttempts": 5,
    "leaseNumber": 0,
    "createdAt": "2030-01-31T12:00:00.000Z",
    "updatedAt": "2030-01-31T12:00:00.000Z",
    "nextRunAt": "2030-01-31T12:00:00.000Z",
    "lastError": None,
    "payload": {"hello": "world"},
    "workerId": None,
    "leaseExpiresAt": None,
    "progress": None,
    "progressMessage": None,
    "result": None,
    "history": [_ENQUEUED],
}
LISTED: Json = {name: value for name, value in QUEUED.items() if name != "history"}
LEASED: Json = QUEUED | {
    "status": "leased",
    "leaseNumber": 1,
    "updatedAt": "2030-01-31T12:00:05.120Z",
    "nextRunAt": None,
    "workerId": WORKER_ID,
    "leaseExpiresAt": "2030-01-31T12:02:05.120Z",
    "history": [_ENQUEUED, _LEASED],
    "leaseToken": LEASE_TOKEN,
}
SUCCEEDED: Json = QUEUED | {
    "status": "succeeded",
    "leaseNumber": 1,
    "updatedAt": "2030-01-31T12:00:07.300Z",
    "nextRunAt": None,
    "result": {"echoed": "world"},
    "history": [
        _ENQUEUED,
        _LEASED,
        {"at": "2030-01-31T12:00:07.300Z", "event": "succeeded", "attempt": 0, "workerId": WORKER_ID},
    ],
}
RETRYING: Json = QUEUED | {
    "attempt": 1,
    "leaseNumber": 1,
    "updatedAt": "2030-01-31T12:00:07.300Z",
    "nextRunAt": "2030-01-31T12:00:15.800Z",
    "lastError": {"code": "mail_down", "message": "the mail server refused us", "at": "2030-01-31T12:00:07.300Z"},
    "history": [_ENQUEUED, _LEASED, _FAILED],
}
CANCELLED: Json = QUEUED | {
    "status": "cancelled",
    "updatedAt": "2030-01-31T12:01:00.000Z",
    "nextRunAt": None,
    "history": [_ENQUEUED, {"at": "2030-01-31T12:01:00.000Z", "event": "cancelled", "attempt": 0}],
}
REDRIVEN: Json = QUEUED | {
    "maxAttempts": 1,
    "leaseNumber": 1,
    "updatedAt": "2030-02-01T08:00:00.000Z",
    "nextRunAt": "2030-02-01T08:00:00.000Z",
    "lastError": {"code": "mail_down", "message": "the mail server refused us", "at": "2030-01-31T12:00:07.300Z"},
    "history": [
        _ENQUEUED,
        _LEASED,
        _FAILED | {"event": "dlq"},
        {"at": "2030-02-01T08:00:00.000Z", "event": "redriven", "attempt": 0},
    ],
}
THUMBNAIL_JOB: Json = QUEUED | {
    "jobId": "job_orugk4tfebuxgidbebzxi33spe",
    "type": "thumbnail.create",
    "payload": {"assetId": ASSET_ID, "versionNumber": 1},
}

_ORIGINAL_KEY = f"uploads/{ASSET_ID}/harbour.jpg"
_THUMBNAIL_KEY = f"thumbnails/{ASSET_ID}/v1/320.webp"
THUMBNAIL_URL = f"https://leasehold-derived.s3.amazonaws.com/{_THUMBNAIL_KEY}?X-Amz-Expires=3600&X-Amz-Signature=0a1b"
ASSET: Json = {
    "assetId": ASSET_ID,
    "kind": "source",
    "sourceAssetId": None,
    "bucket": "leasehold-uploads",
    "key": _ORIGINAL_KEY,
    "versionNumber": 1,
    "contentType": "image/jpeg",
    "bytes": 483211,
    "width": 1600,
    "height": 1200,
    "processed": True,
    "thumbnailAssetId": THUMBNAIL_ID,
    "placeholder": "1QcSHQRnh493V4dIh4eXh1h4kJUI",
    "thumbnails": [
        {
            "assetId": THUMBNAIL_ID,
            "variant": "320",
            "key": _THUMBNAIL_KEY,
            "contentType": "image/webp",
            "width": 320,
            "height": 240,
            "bytes": 9120,
            "url": THUMBNAIL_URL,
        }
    ],
    "error": None,
    "createdAt": "2030-01-31T12:00:00.000Z",
    "updatedAt": "2030-01-31T12:00:02.450Z",
    "url": f"https://leasehold-uploads.s3.amazonaws.com/{_ORIGINAL_KEY}?X-Amz-Expires=3600&X-Amz-Signature=2c3d",
}
INVITATION: Json = {
    "assetId": ASSET_ID,
    "upload": {
        "url": "https://leasehold-uploads.s3.amazonaws.com/",
        "fields": {
            "Content-Type": "image/jpeg",
            "key": _ORIGINAL_KEY,
            "policy": "eyJleHBpcmF0aW9uIjoi…",
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": "…/20300131/us-east-1/s3/aws4_request",
            "x-amz-date": "20300131T120000Z",
            "x-amz-signature": "4e5f…",
        },
    },
}

TYPES: list[Json] = [
    {
        "type": "demo.echo",
        "leaseSeconds": 120,
        "maxAttempts": 5,
        "backoffBaseSeconds": 10,
        "backoffCapSeconds": 3600,
        "delivery": "pull",
        "retentionDays": 30,
        "payloadSchema": None,
    }
]
STATS: Json = {
    "types": {
        "demo.echo": {
            "queued": 12,
            "leased": 3,
            "succeeded": 4711,
            "dlq": 2,
            "cancelled": 1,
            "oldestDueSeconds": 4.2,
        }
    },
    "at": "2030-01-31T12:00:00.000Z",
}

TOKEN: Json = {
    "tokenId": TOKEN_ID,
    "role": "worker",
    "label": "the echo workers",
    "types": ["demo.echo"],
    "workerIds": ["laptop-*"],
    "createdAt": "2030-01-31T12:00:00.000Z",
    "expiresAt": "2030-05-01T12:00:00.000Z",
    "previousSecretUntil": None,
}
SHOWN_ONCE: Json = TOKEN | {"token": f"lh_{TOKEN_ID}_kWq0l1vS5Zr8Yt3uXbD6eNfGhJcMoPaRiTwUyEz2A4B"}
ROTATED: Json = TOKEN | {
    "previousSecretUntil": "2030-02-01T12:00:00.000Z",
    "token": f"lh_{TOKEN_ID}_Zx9cV7bN5mL3kJ1hG8fD6sA4qW2eR0tYuIoPlKjHgFd",
}
