"""What requests and answers look like, as JSON Schema.

The schemas of requests come from the very models that check them; here they only get words. Those of answers are
written by hand after `leasehold.views`, every field required: what does not apply is null.
"""

from typing import Any, Final

from pydantic import BaseModel

from leasehold.access import ROLES
from leasehold.http import bodies
from leasehold.job import HISTORY_LENGTH, PRIORITIES, STATUSES
from leasehold.tokens import OVERLAP_SECONDS

Json = dict[str, Any]

_TIME: Final[Json] = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
_EVENTS = ("queued", "leased", "released", "failed", "dlq", "succeeded", "cancelled", "redriven")


def ref(name: str) -> Json:
    """A reference to a schema of the description."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Json) -> Json:
    """The schema, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def _object(properties: Json, *, optional: tuple[str, ...] = (), **more: Any) -> Json:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties, **more}


def _text(description: str, **more: Any) -> Json:
    return {"type": "string", "description": description, **more}


def _count(description: str, **more: Any) -> Json:
    return {"type": "integer", "minimum": 0, "description": description, **more}


def _time(description: str) -> Json:
    return {**_TIME, "description": description}


def _nothing_or(name: str, description: str) -> Json:
    return {"anyOf": [ref(name), {"type": "null"}], "description": description}


# -- answers ------------------------------------------------------------------------------------------------------

_LISTED_JOB: Final[Json] = {
    "jobId": _text("`job_` and 26 characters"),
    "type": _text("the job type's name"),
    "status": _text("where the job stands; `dlq` is dead", enum=list(STATUSES)),
    "priority": _text("", enum=list(PRIORITIES)),
    "attempt": _count("how many attempts have ended in failure; a lease that ran out is one"),
    "maxAttempts": _count("how many times the job may run", minimum=1, maximum=100),
    "leaseNumber": _count("grows by one with each lease, and never shrinks: the fence"),
    "createdAt": _time("when it was enqueued"),
    "updatedAt": _time("when it changed last; a heartbeat is a change"),
    "nextRunAt": nullable(
        _time("queued: when it may run; dlq: when it died; null while leased and once succeeded or cancelled")
    ),
    "lastError": _nothing_or("JobError", "the last failure; null where there was none, and once succeeded"),
    "payload": {"type": "object", "description": "what the producer sent"},
    "workerId": nullable(_text("who holds it; null unless leased")),
    "leaseExpiresAt": nullable(_time("when the lease runs out; null unless leased")),
    "progress": {
        "type": ["number", "null"],
        "minimum": 0,
        "maximum": 1,
        "description": "as the worker's last heartbeat told; null unless leased",
    },
    "progressMessage": nullable(_text("likewise")),
    "result": {"type": ["object", "null"], "description": "what the worker reported; null unless succeeded"},
}

_JOB: Final[Json] = _LISTED_JOB | {
    "history": {
        "type": "array",
        "maxItems": HISTORY_LENGTH,
        "items": ref("Change"),
        "description": f"the last {HISTORY_LENGTH} changes, oldest first",
    }
}

_ANSWERS: Final[dict[str, Json]] = {
    "Job": _object(_JOB, description="A job and what has happened to it."),
    "ListedJob": _object(_LISTED_JOB, description="A job, without its history."),
    "LeasedJob": _object(
        _JOB
        | {
            "leaseToken": _text(
                "the proof of this lease: send it back as X-Lease-Token. Opaque; only you get to see it"
            )
        },
        description="A job, for the worker that has just got its lease.",
    ),
    "JobError": _object(
        {
            "code": nullable(_text("the worker's own code, or `lease_expired`")),
            "message": _text("cut to 2,000 characters"),
            "at": _time("when the attempt failed"),
        },
        description="Why an attempt failed.",
    ),
    "Change": _object(
        {
            "at": _time("when"),
            "event": _text("what happened", enum=list(_EVENTS)),
            "attempt": _count("failed attempts by then"),
            "workerId": _text("whose lease it was; left out where no worker had a part in it"),
            "error": _object(
                {"code": nullable(_text("")), "message": _text("cut to 200 characters")},
                description="left out where nothing failed",
            ),
        },
        optional=("workerId", "error"),
        description="One line of a job's history.",
    ),
    "JobPage": _object(
        {
            "jobs": {"type": "array", "items": ref("ListedJob")},
            "cursor": nullable(_text("hand it back for the next page; null on the last")),
        },
        description="A page of jobs, newest first.",
    ),
    "LeasedJobs": _object(
        {"jobs": {"type": "array", "maxItems": 10, "items": ref("LeasedJob")}},
        description="The jobs that are yours now; none where none is due.",
    ),
    "Heartbeat": _object(
        {
            "jobId": _text(""),
            "leaseExpiresAt": _time("when the lease runs out now"),
            "cancelRequested": {"type": "boolean", "description": "the job was cancelled: stop, and report nothing"},
        },
        description="How long you have from now on, and whether to go on.",
    ),
    "Succeeded": _object({"status": {"const": "succeeded"}, "jobId": _text("")}, description="The job is done."),
    "Requeued": _object(
        {
            "status": _text(
                "`dlq` where no attempts were left, or the error was not retryable", enum=["queued", "dlq"]
            ),
            "jobId": _text(""),
            "nextRunAt": _time("queued: when it may run again; dlq: when it died"),
            "attempt": _count("failed attempts so far"),
        },
        description="What becomes of the job.",
    ),
    "Redriven": _object(
        {"redriven": _count("how many jobs were queued anew")}, description="The outcome of a redrive."
    ),
    "Stats": _object(
        {
            "types": {
                "type": "object",
                "additionalProperties": ref("TypeStats"),
                "description": "by job type; a token limited to some types sees those",
            },
            "at": _time("when it was counted"),
        },
        description="How many jobs stand where.",
    ),
    "TypeStats": _object(
        {status: _count("") for status in STATUSES}
        | {
            "oldestDueSeconds": {
                "type": ["number", "null"],
                "minimum": 0,
                "description": "for how long the oldest due job has been due; null where none is",
            }
        },
        description="One type's jobs by status.",
    ),
    "JobType": _object(
        {
            "type": _text("its name"),
            "leaseSeconds": _count("how long a lease lasts", minimum=1),
            "maxAttempts": _count("how many times a job may run", minimum=1),
            "backoffBaseSeconds": {"type": "number", "minimum": 0, "description": "the wait after the first failure"},
            "backoffCapSeconds": {"type": "number", "minimum": 0, "description": "the longest wait"},
            "delivery": _text("pull: workers lease it; push: our own function runs it", enum=["pull", "push"]),
            "retentionDays": _count("how long a finished job is kept", minimum=1),
            "payloadSchema": {"type": ["object", "null"], "description": "a JSON Schema; null: any object"},
        },
        description="One entry of the registry.",
    ),
    "JobTypes": _object({"types": {"type": "array", "items": ref("JobType")}}, description="The registry."),
    "Invitation": _object(
        {
            "assetId": _text("the id that the picture will have"),
            "upload": _object(
                {
                    "url": _text("where to POST the form", format="uri"),
                    "fields": {
                        "type": "object",
                        "additionalProperties": {"type": "string"},
                        "description": "the form's fields, sent before the field `file`",
                    },
                },
                description="a presigned form: good for 15 minutes, one key, a capped size",
            ),
        },
        description="An asset's id, and the form that uploads its picture.",
    ),
    "Asset": _object(
        {
            "assetId": _text("`as_` and 26 characters"),
            "kind": _text("uploaded, or made from one that was", enum=["source", "derived"]),
            "sourceAssetId": nullable(_text("of a derived asset: what it was made from")),
            "bucket": _text(""),
            "key": _text(""),
            "versionNumber": _count("grows with each write of the picture; 0 before the first"),
            "contentType": nullable(_text("what the bytes say, once they were read")),
            "bytes": nullable(_count("the file's size")),
            "width": nullable(_count("in pixels, as displayed")),
            "height": nullable(_count("in pixels, as displayed")),
            "processed": {"type": "boolean", "description": "the thumbnails of this version are there"},
            "thumbnailAssetId": nullable(_text("the derived asset of the first variant")),
            "placeholder": nullable(_text("a ThumbHash, base64: a blur to show meanwhile")),
            "thumbnails": {"type": "array", "items": ref("Thumbnail")},
            "error": _nothing_or("AssetError", "why there is no thumbnail"),
            "createdAt": _time(""),
            "updatedAt": _time(""),
            "url": nullable(_text("a signed address of the original, good for an hour; null before the upload")),
        },
        description="A picture.",
    ),
    "AssetError": _object(
        {"code": nullable(_text("such as `corrupt_image`")), "message": _text("")},
        description="Why a picture has no thumbnail.",
    ),
    "Thumbnail": _object(
        {
            "assetId": _text("the derived asset"),
            "variant": _text("its name in the settings"),
            "key": _text("in the derived bucket"),
            "contentType": _text(""),
            "width": _count("", minimum=1),
            "height": _count("", minimum=1),
            "bytes": _count("", minimum=1),
            "url": _text("a signed address, good for an hour"),
        },
        description="One thumbnail.",
    ),
    "AssetPage": _object(
        {
            "assets": {"type": "array", "items": ref("Asset")},
            "cursor": nullable(_text("hand it back for the next page; null on the last")),
        },
        description="A page of source assets, newest first.",
    ),
    "ThumbnailAddress": _object({"url": _text("the same address as in Location")}, description="Where the picture is."),
}

_TOKEN: Final[Json] = {
    "tokenId": _text("the middle part of the token"),
    "role": _text("", enum=list(ROLES)),
    "label": _text("whose it is"),
    "types": {"type": "array", "items": {"type": "string"}, "description": "the only job types; empty: all"},
    "workerIds": {"type": "array", "items": {"type": "string"}, "description": "patterns of worker ids; empty: all"},
    "createdAt": _time(""),
    "expiresAt": nullable(_time("null: never")),
    "previousSecretUntil": nullable(_time("until when the secret before the rotation is good; null: there is none")),
}
_TOKENS: Final[dict[str, Json]] = {
    "Token": _object(_TOKEN, description="A token, without its secret."),
    "TokenShownOnce": _object(
        _TOKEN | {"token": _text("the token itself: shown this once, stored as a digest only")},
        description="A token and its secret.",
    ),
    "Tokens": _object({"tokens": {"type": "array", "items": ref("Token")}}, description="Every token, newest first."),
    "Revoked": _object({"tokenId": _text(""), "revoked": {"const": True}}, description="The token is gone."),
}

_ALWAYS: Final[dict[str, Json]] = {
    "Health": _object({"status": {"const": "ok"}, "time": _time("the server's clock")}, description="It answers."),
    "Error": _object(
        {
            "error": _object(
                {
                    "code": _text("for programs"),
                    "message": _text("for people"),
                    "details": {"type": "array", "items": ref("Detail"), "description": "each field at fault"},
                },
                optional=("details",),
            )
        },
        description="The one envelope of every error of ours.",
    ),
    "Detail": _object(
        {"field": _text("such as `error.message`"), "message": _text("")}, description="A field at fault."
    ),
    "GatewayMessage": _object(
        {"message": {"type": ["string", "null"]}}, description="What API Gateway answers by itself."
    ),
}

# -- requests -----------------------------------------------------------------------------------------------------

BODIES: Final[dict[str, type[BaseModel]]] = {
    "Enqueue": bodies.EnqueueBody,
    "Lease": bodies.LeaseBody,
    "HeartbeatReport": bodies.HeartbeatBody,
    "SucceedReport": bodies.SucceedBody,
    "FailReport": bodies.FailBody,
    "ReleaseReport": bodies.ReleaseBody,
    "Redrive": bodies.RedriveBody,
    "RedriveMany": bodies.RedriveManyBody,
    "Upload": bodies.UploadBody,
    "NewToken": bodies.TokenBody,
}

_WORDS: Final[dict[str, str]] = {
    "type": "a job type's name",
    "LeaseBody.type": "one job type's name, or several",
    "LeaseQuery.type": "one job type's name, or several",
    "payload": "any JSON object, at most 64 KiB, that satisfies the type's schema",
    "runAt": "not before this time; a time that has passed means now. Not together with `delaySeconds`",
    "delaySeconds": "not before this many seconds from now",
    "priority": "high before normal before low, however long the backlog",
    "maxAttempts": "how many times the job may run; left out: as its type says",
    "leaseSeconds": "how long the lease lasts from now on; left out: as the job or its type says",
    "max": "how many jobs at most",
    "wait": "how many seconds to wait for the first job where none is due",
    "progress": "how far the work is",
    "message": "what the work is at, for people",
    "FailureBody.message": "what went wrong, for people; 2,000 characters of it are kept",
    "FailureBody.code": "a name for this kind of failure, to look for it and to redrive by it; 100 characters are kept",
    "HeartbeatBody.leaseSeconds": "how long the lease lasts from now on; left out: as long as it was made for",
    "RedriveBody.maxAttempts": "how many times the job may run now; left out: as many as before",
    "HeartbeatBody.message": "what the work is at, for people; 2,000 characters of it are kept",
    "result": "any JSON object, at most 64 KiB",
    "error": "why the attempt failed",
    "code": "a name for this kind of failure: to look for it, and to redrive by it",
    "retryable": "false: dead at once, whatever attempts are left",
    "retryAfterSeconds": "wait this long instead of the type's backoff",
    "limit": "how many at most",
    "status": "only jobs that stand there",
    "ListQuery.code": "only jobs whose last error has this code",
    "cursor": "from the page before; opaque",
    "fileName": "its last part is kept in the key: at most 255 bytes, without `${filename}`",
    "contentType": "the form insists on it",
    "role": "what the token may do",
    "label": "whose it is, for people",
    "types": "limit it to these job types; empty: no limit",
    "workerIds": "limit it to worker ids like these: `*` any characters, `?` any one; empty: no limit",
    "expiresInDays": "left out: it never expires",
}


def components() -> Json:
    """Every named schema."""
    requests: Json = {}
    for name, model in BODIES.items():
        schema = model.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
        for inner_name, inner in schema.pop("$defs", {}).items():
            requests[inner_name] = _worded(inner)
        requests[name] = _worded(schema)
    return {**_ANSWERS, **_TOKENS, **_ALWAYS, **requests}


def query_properties(model: type[BaseModel]) -> dict[str, tuple[Json, bool]]:
    """Each query parameter of a model: its schema, and whether it must be there. A parameter is never null."""
    schema = _worded(model.model_json_schema(by_alias=True))
    required = schema.get("required", [])
    return {name: (_without_null(each), name in required) for name, each in schema["properties"].items()}


def _worded(schema: Json) -> Json:
    """A model's schema without the names of Python classes, and with a description of each field."""
    model = schema["title"]
    fields = {
        name: _field(each) | {"description": _WORDS.get(f"{model}.{name}") or _WORDS[name]}
        for name, each in schema["properties"].items()
    }
    return {key: value for key, value in schema.items() if key not in ("title", "description")} | {"properties": fields}


def _field(schema: Json) -> Json:
    field = {key: value for key, value in schema.items() if key != "title"}
    if field.get("default", "") is None:
        del field["default"]
    alternatives = field.get("anyOf", [])
    if len(alternatives) == 2 and alternatives[1] == {"type": "null"}:
        del field["anyOf"]
        known = {"enum": [*alternatives[0]["enum"], None]} if "enum" in alternatives[0] else {}
        field |= nullable(alternatives[0]) | known
    return field


def _without_null(schema: Json) -> Json:
    kind = schema.get("type")
    if not isinstance(kind, list):
        return schema
    known = {"enum": [value for value in schema["enum"] if value is not None]} if "enum" in schema else {}
    return schema | {"type": kind[0]} | known


OVERLAP_HOURS: Final = OVERLAP_SECONDS // 3600
