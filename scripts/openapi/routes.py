"""Every route: what it is for, what it takes, what it answers, and what it refuses."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from leasehold.access import ROLES_BY_ROUTE
from leasehold.http import bodies
from scripts.openapi import examples

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Success:
    """An answer that is no error. `examples` by name; `headers` by the name of a described header."""

    status: int
    description: str
    schema: str | None
    examples: dict[str, Any]
    headers: tuple[str, ...] = ()
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `headers` names described parameters; `codes` are the refusals that are this route's own."""

    key: str
    operation_id: str
    tag: str
    summary: str
    description: str
    answers: tuple[Success, ...]
    codes: tuple[str, ...] = ()
    query: type[BaseModel] | None = None
    extra_query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    body: str | None = None
    body_required: bool = True
    body_examples: tuple[tuple[str, Json], ...] = ()
    reads_tables: bool = True

    @property
    def method(self) -> str:
        """In capitals."""
        return self.key.split(" ", 1)[0]

    @property
    def path(self) -> str:
        """Such as `/jobs/{id}`."""
        return self.key.split(" ", 1)[1]

    @property
    def roles(self) -> list[str]:
        """Who may call it; empty: everybody, without a token."""
        return sorted(ROLES_BY_ROUTE.get(self.key, ()))


TAGS: Final[dict[str, str]] = {
    "Jobs": "Enqueue jobs, look at them, cancel them, bring the dead back.",
    "Workers": "Lease jobs and report on them. Each route wants the header X-Worker-Id.",
    "Pictures": "Upload pictures and find their thumbnails.",
    "Overview": "How much is where, and the registry.",
    "Tokens": "Who may do what.",
    "Open": "No token needed.",
}

_REPORT_HEADERS: Final = ("WorkerId", "LeaseToken")
_REPLAY: Final = "The same report again, under the same lease, gets the same answer and does nothing twice."

ROUTES: Final[tuple[Route, ...]] = (
    # -- jobs -----------------------------------------------------------------------------------------------------
    Route(
        "POST /jobs",
        "enqueue",
        "Jobs",
        "Enqueue a job",
        "With an `Idempotency-Key` the request can be sent again safely: the same key of the same token with the same "
        "body answers 200 and the job as it is now, for as long as the job is kept.",
        (
            Success(201, "The new job.", "Job", {"queued": examples.QUEUED}),
            Success(200, "The job that this key has created before.", "Job", {"done meanwhile": examples.SUCCEEDED}),
        ),
        (
            "malformed_json",
            "forbidden",
            "payload_too_large",
            "validation_error",
            "unknown_job_type",
            "idempotency_key_reused",
        ),
        headers=("IdempotencyKey",),
        body="Enqueue",
        body_examples=(
            ("now", {"type": "demo.echo", "payload": {"hello": "world"}}),
            (
                "later, and soon given up",
                {
                    "type": "demo.echo",
                    "payload": {"hello": "new year"},
                    "runAt": "2031-01-01T00:00:00Z",
                    "priority": "high",
                    "maxAttempts": 2,
                },
            ),
        ),
    ),
    Route(
        "GET /jobs",
        "listJobs",
        "Jobs",
        "List jobs",
        "Newest first. While nothing changes, no job is missed or shown twice. A page can come back short, even empty, "
        "and still have a cursor, where few of very many jobs match: go on until the cursor is null. "
        "A token limited to some types sees the jobs of those.",
        (Success(200, "A page.", "JobPage", {"page": {"jobs": [examples.LISTED], "cursor": examples.CURSOR}}),),
        ("forbidden", "validation_error", "unknown_job_type"),
        query=bodies.ListQuery,
    ),
    Route(
        "GET /jobs/{id}",
        "showJob",
        "Jobs",
        "Look at a job",
        "With its history.",
        (Success(200, "The job.", "Job", {"to be tried again": examples.RETRYING}),),
        ("forbidden", "job_not_found"),
    ),
    Route(
        "POST /jobs/{id}/cancel",
        "cancelJob",
        "Jobs",
        "Cancel a job",
        "A queued job never runs; the worker of a leased one learns of it at its next heartbeat, and its report is "
        "refused. Cancelling twice is 200.",
        (Success(200, "The job, cancelled.", "Job", {"cancelled": examples.CANCELLED}),),
        ("forbidden", "job_not_found", "already_finished"),
    ),
    Route(
        "POST /jobs/{id}/redrive",
        "redriveJob",
        "Jobs",
        "Bring a dead job back",
        "It is queued anew, due now, with no attempt used.",
        (Success(200, "The job, queued.", "Job", {"queued": examples.REDRIVEN}),),
        ("malformed_json", "forbidden", "job_not_found", "not_in_dlq", "validation_error"),
        body="Redrive",
        body_required=False,
        body_examples=(("with more attempts", {"maxAttempts": 10}),),
    ),
    Route(
        "POST /jobs/redrive",
        "redriveJobs",
        "Jobs",
        "Bring many dead jobs back",
        "Those of a type, or with an error code, or all; oldest first.",
        (Success(200, "How many it were.", "Redriven", {"some": {"redriven": 42}}),),
        ("malformed_json", "forbidden", "validation_error", "unknown_job_type"),
        body="RedriveMany",
        body_required=False,
        body_examples=(("by error", {"type": "demo.echo", "code": "mail_down", "limit": 100}),),
    ),
    # -- workers --------------------------------------------------------------------------------------------------
    Route(
        "POST /jobs/lease",
        "lease",
        "Workers",
        "Lease jobs",
        "High priority before normal before low, then by due time. An expired lease is taken over here too. Never "
        "cached. Where the answer is lost, the lease runs out and the job is leased again. What the body does not "
        "name may stand in a query as of GET /jobs/lease.",
        (
            Success(
                200,
                "The jobs that are yours now.",
                "LeasedJobs",
                {"one": {"jobs": [examples.LEASED]}, "none is due": {"jobs": []}},
            ),
        ),
        ("malformed_json", "forbidden", "validation_error", "unknown_job_type"),
        headers=("WorkerId",),
        body="Lease",
        body_examples=(
            ("one", {"type": "demo.echo"}),
            ("some, waiting for them", {"type": ["demo.echo"], "max": 5, "leaseSeconds": 60, "wait": 20}),
        ),
    ),
    Route(
        "GET /jobs/lease",
        "leaseByQuery",
        "Workers",
        "Lease jobs, by query",
        "The same as POST /jobs/lease, for clients that would rather GET. Repeat `type`, or put commas. What a body "
        "names, where there is one, takes the place of the query's.",
        (
            Success(
                200,
                "The jobs that are yours now.",
                "LeasedJobs",
                {"one": {"jobs": [examples.LEASED]}, "none is due": {"jobs": []}},
            ),
        ),
        ("malformed_json", "forbidden", "validation_error", "unknown_job_type"),
        query=bodies.LeaseQuery,
        headers=("WorkerId",),
    ),
    Route(
        "POST /jobs/{id}/heartbeat",
        "heartbeat",
        "Workers",
        "Keep a lease",
        "The lease then runs out `leaseSeconds` from now. Once it has run out, 409. Of a job that was cancelled under "
        "this lease: 200 with `cancelRequested: true`.",
        (
            Success(
                200,
                "The lease goes on, or the job was cancelled.",
                "Heartbeat",
                {
                    "go on": {
                        "jobId": examples.JOB_ID,
                        "leaseExpiresAt": "2030-01-31T12:03:05.120Z",
                        "cancelRequested": False,
                    },
                    "stop": {
                        "jobId": examples.JOB_ID,
                        "leaseExpiresAt": "2030-01-31T12:02:05.120Z",
                        "cancelRequested": True,
                    },
                },
            ),
        ),
        ("malformed_json", "forbidden", "lease_conflict", "validation_error"),
        headers=_REPORT_HEADERS,
        body="HeartbeatReport",
        body_required=False,
        body_examples=(("half done", {"progress": 0.5, "message": "page 10 of 20"}),),
    ),
    Route(
        "POST /jobs/{id}/succeed",
        "succeed",
        "Workers",
        "Report success",
        _REPLAY,
        (Success(200, "It is done.", "Succeeded", {"done": {"status": "succeeded", "jobId": examples.JOB_ID}}),),
        ("malformed_json", "forbidden", "lease_conflict", "payload_too_large", "validation_error"),
        headers=_REPORT_HEADERS,
        body="SucceedReport",
        body_examples=(("a result", {"result": {"echoed": "world"}}),),
    ),
    Route(
        "POST /jobs/{id}/fail",
        "fail",
        "Workers",
        "Report failure",
        f"The job runs again after its backoff, or is dead. {_REPLAY}",
        (
            Success(
                200,
                "What becomes of the job.",
                "Requeued",
                {
                    "again": {
                        "status": "queued",
                        "jobId": examples.JOB_ID,
                        "nextRunAt": "2030-01-31T12:00:15.800Z",
                        "attempt": 1,
                    },
                    "dead": {
                        "status": "dlq",
                        "jobId": examples.JOB_ID,
                        "nextRunAt": "2030-01-31T12:00:07.300Z",
                        "attempt": 5,
                    },
                },
            ),
        ),
        ("malformed_json", "forbidden", "lease_conflict", "validation_error"),
        headers=_REPORT_HEADERS,
        body="FailReport",
        body_examples=(
            ("to be tried again", {"error": {"message": "the mail server refused us", "code": "mail_down"}}),
            ("never to be tried again", {"error": {"message": "no such address", "code": "gone", "retryable": False}}),
        ),
    ),
    Route(
        "POST /jobs/{id}/release",
        "release",
        "Workers",
        "Give a job back",
        f"It is queued again, and no attempt is used. {_REPLAY}",
        (
            Success(
                200,
                "It is queued.",
                "Requeued",
                {
                    "queued": {
                        "status": "queued",
                        "jobId": examples.JOB_ID,
                        "nextRunAt": "2030-01-31T12:01:07.300Z",
                        "attempt": 0,
                    }
                },
            ),
        ),
        ("malformed_json", "forbidden", "lease_conflict", "validation_error"),
        headers=_REPORT_HEADERS,
        body="ReleaseReport",
        body_required=False,
        body_examples=(("not before a minute", {"delaySeconds": 60}),),
    ),
    # -- pictures -------------------------------------------------------------------------------------------------
    Route(
        "POST /assets",
        "inviteUpload",
        "Pictures",
        "Ask for an upload",
        "POST the form's fields and then the file, as the field `file`, to the form's address. Its thumbnails are made "
        "by themselves then. An upload that hasn't come within a day is forgotten.",
        (Success(201, "Where to upload to.", "Invitation", {"invitation": examples.INVITATION}),),
        ("malformed_json", "forbidden", "validation_error"),
        body="Upload",
        body_examples=(("a photo", {"fileName": "harbour.jpg", "contentType": "image/jpeg"}),),
    ),
    Route(
        "GET /assets",
        "listAssets",
        "Pictures",
        "List pictures",
        "Those that were uploaded, newest first.",
        (Success(200, "A page.", "AssetPage", {"page": {"assets": [examples.ASSET], "cursor": None}}),),
        ("validation_error",),
        query=bodies.PageQuery,
    ),
    Route(
        "GET /assets/{id}",
        "showAsset",
        "Pictures",
        "Look at a picture",
        "With signed addresses of the original and of each thumbnail, good for an hour.",
        (Success(200, "The asset.", "Asset", {"processed": examples.ASSET}),),
        ("asset_not_found",),
    ),
    Route(
        "GET /assets/{id}/thumbnail",
        "showThumbnail",
        "Pictures",
        "Get a thumbnail",
        "Follow the redirect. Without a `variant` it is the first one.",
        (
            Success(
                302,
                "To the picture.",
                "ThumbnailAddress",
                {"address": {"url": examples.THUMBNAIL_URL}},
                headers=("Location",),
            ),
        ),
        ("asset_not_found", "not_ready"),
        extra_query=("Variant",),
    ),
    Route(
        "POST /assets/{id}/thumbnail",
        "makeThumbnailsAgain",
        "Pictures",
        "Make the thumbnails again",
        "Of the newest version.",
        (Success(201, "The job that makes them.", "Job", {"queued": examples.THUMBNAIL_JOB}),),
        ("forbidden", "asset_not_found", "not_ready"),
    ),
    # -- overview -------------------------------------------------------------------------------------------------
    Route(
        "GET /stats",
        "showStats",
        "Overview",
        "Count jobs",
        "By type and status, with the age of the oldest due job. The indexes are read one after the other, so jobs "
        "that change meanwhile can be counted twice or not at all.",
        (Success(200, "The counts.", "Stats", {"counts": examples.STATS}),),
    ),
    Route(
        "GET /types",
        "listTypes",
        "Overview",
        "List the job types",
        "The registry, as this stack has it.",
        (Success(200, "The registry.", "JobTypes", {"registry": {"types": examples.TYPES}}),),
        reads_tables=False,
    ),
    # -- tokens ---------------------------------------------------------------------------------------------------
    Route(
        "POST /tokens",
        "createToken",
        "Tokens",
        "Create a token",
        "The answer shows the token, this once.",
        (Success(201, "The token and its secret.", "TokenShownOnce", {"new": examples.SHOWN_ONCE}),),
        ("malformed_json", "forbidden", "validation_error", "unknown_job_type"),
        body="NewToken",
        body_examples=(
            (
                "for some workers",
                {
                    "role": "worker",
                    "label": "the echo workers",
                    "types": ["demo.echo"],
                    "workerIds": ["laptop-*"],
                    "expiresInDays": 90,
                },
            ),
        ),
    ),
    Route(
        "GET /tokens",
        "listTokens",
        "Tokens",
        "List tokens",
        "All of them, without secrets.",
        (Success(200, "The tokens.", "Tokens", {"tokens": {"tokens": [examples.TOKEN]}}),),
    ),
    Route(
        "POST /tokens/{id}/rotate",
        "rotateToken",
        "Tokens",
        "Give a token a new secret",
        "The old secret stays good for 24 hours, so that its users can be changed one after the other.",
        (Success(201, "The token and its new secret.", "TokenShownOnce", {"rotated": examples.ROTATED}),),
        ("forbidden", "token_not_found"),
    ),
    Route(
        "DELETE /tokens/{id}",
        "revokeToken",
        "Tokens",
        "Revoke a token",
        "It can still be heard for some 10 seconds, where API Gateway has kept the authorizer's answer.",
        (Success(200, "It is gone.", "Revoked", {"revoked": {"tokenId": examples.TOKEN_ID, "revoked": True}}),),
        ("forbidden", "token_not_found"),
    ),
    # -- open -----------------------------------------------------------------------------------------------------
    Route(
        "GET /health",
        "health",
        "Open",
        "Does it answer?",
        "",
        (Success(200, "It does.", "Health", {"well": {"status": "ok", "time": "2030-01-31T12:00:00.000Z"}}),),
        reads_tables=False,
    ),
    Route(
        "GET /openapi.json",
        "showDescription",
        "Open",
        "This description",
        "OpenAPI 3.1.",
        (
            Success(200, "The description.", "Description", {}, headers=("ETag",)),
            Success(304, "You have it already.", None, {}, headers=("ETag",)),
        ),
        headers=("IfNoneMatch",),
        reads_tables=False,
    ),
    Route(
        "GET /docs",
        "showDocs",
        "Open",
        "This description as a page",
        "",
        (
            Success(200, "The page.", "Page", {}, headers=("ETag",), media_type="text/html"),
            Success(304, "You have it already.", None, {}, headers=("ETag",)),
        ),
        headers=("IfNoneMatch",),
        reads_tables=False,
    ),
    Route(
        "GET /console",
        "showConsole",
        "Open",
        "The console",
        "Its own files are below it.",
        (Success(200, "The console's page.", "Page", {}, media_type="text/html"),),
        reads_tables=False,
    ),
)
