"""Every route of the API as a value: the request to send, how to read its answer, and whether it may be sent twice.

Nothing here touches the network. `Client` and `AsyncClient` send these, so neither knows a route.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

from leasehold_client.models import (
    Asset,
    AssetPage,
    Heartbeat,
    Job,
    JobPage,
    JobType,
    Json,
    Priority,
    Reported,
    Role,
    Stats,
    Status,
    Token,
    UploadForm,
    jobs_of,
)

T_co = TypeVar("T_co", covariant=True)

_PATIENCE: Final = 30.0
# A long poll answers after `wait` seconds at the latest; this much is added for the way there and back.
_BEYOND_THE_WAIT: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T_co]):
    """One request to be made.

    `path` starts with a slash and has its query; `read` makes the result of the answer's JSON. `repeatable` says that
    sending it twice does no more than sending it once, so it may be sent again where the answer got lost.
    `timeout` is how many seconds to wait for an answer.
    """

    method: str
    path: str
    read: Callable[[Any], T_co]
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False
    timeout: float = _PATIENCE

    @property
    def content(self) -> bytes | None:
        """The body's bytes. Raises ValueError where it can't be written as JSON."""
        if self.body is None:
            return None
        try:
            return json.dumps(self.body, allow_nan=False, separators=(",", ":")).encode()
        except (TypeError, ValueError, RecursionError) as fault:
            raise ValueError(f"can't be sent as JSON: {fault}") from None


# -- producers ------------------------------------------------------------------------------------------------------


def enqueue(
    job_type: str,
    payload: Json | None = None,
    *,
    run_at: datetime | None = None,
    delay_seconds: float | None = None,
    priority: Priority | None = None,
    max_attempts: int | None = None,
    lease_seconds: int | None = None,
    idempotency_key: str | None = None,
) -> Call[Job]:
    """Create a job. The key, made up where none is given, makes it safe to send twice."""
    key = str(uuid.uuid4()) if idempotency_key is None else idempotency_key
    return _post(
        "/jobs",
        Job.of,
        _given(
            type=job_type,
            payload=dict(payload or {}),
            runAt=None if run_at is None else _written(run_at),
            delaySeconds=delay_seconds,
            priority=priority,
            maxAttempts=max_attempts,
            leaseSeconds=lease_seconds,
        ),
        headers={"Idempotency-Key": _header("an idempotency key", key)},
        repeatable=True,
    )


def cancel(job_id: str) -> Call[Job]:
    """Cancel a job that has not finished."""
    return _post(f"/jobs/{_id(job_id)}/cancel", Job.of, {}, repeatable=True)


# -- readers --------------------------------------------------------------------------------------------------------


def job(job_id: str) -> Call[Job]:
    """One job with its history."""
    return _get(f"/jobs/{_id(job_id)}", Job.of)


def jobs(
    *,
    status: Status | None = None,
    job_type: str | None = None,
    code: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[JobPage]:
    """A page of jobs, newest first. `code`: of the last error."""
    return _get("/jobs", JobPage.of, status=status, type=job_type, code=code, limit=limit, cursor=cursor)


def stats() -> Call[Stats]:
    """Counts by type and status."""
    return _get("/stats", Stats.of)


def types() -> Call[tuple[JobType, ...]]:
    """The registry of job types."""
    return _get("/types", lambda answer: tuple(JobType.of(each) for each in answer["types"]))


def health() -> Call[Json]:
    """Whether the API answers."""
    return _get("/health", dict)


def openapi() -> Call[Json]:
    """The API's own description."""
    return _get("/openapi.json", dict)


# -- workers --------------------------------------------------------------------------------------------------------


def lease(
    types: Sequence[str],
    *,
    worker_id: str,
    max_jobs: int = 1,
    lease_seconds: int | None = None,
    wait_seconds: float = 0,
) -> Call[Sequence[Job]]:
    """Lease due jobs. Not repeatable: the jobs of a lost answer stay leased until their lease runs out."""
    body = _given(type=list(types), max=max_jobs, wait=wait_seconds, leaseSeconds=lease_seconds)
    timeout = wait_seconds + _BEYOND_THE_WAIT
    return _post("/jobs/lease", jobs_of, body, headers=_worker(worker_id, None), timeout=timeout)


def heartbeat(
    job_id: str,
    *,
    worker_id: str,
    lease_token: str | None = None,
    lease_seconds: int | None = None,
    progress: float | None = None,
    message: str | None = None,
) -> Call[Heartbeat]:
    """Hold the lease from now on for its duration again."""
    body = _given(leaseSeconds=lease_seconds, progress=progress, message=message)
    return _report(job_id, "heartbeat", Heartbeat.of, body, worker_id, lease_token)


def succeed(job_id: str, result: Json, *, worker_id: str, lease_token: str | None = None) -> Call[Reported]:
    """Finish the job with its result."""
    return _report(job_id, "succeed", Reported.of, {"result": result}, worker_id, lease_token)


def fail(
    job_id: str,
    message: str,
    *,
    worker_id: str,
    lease_token: str | None = None,
    code: str | None = None,
    retryable: bool = True,
    retry_after_seconds: float | None = None,
) -> Call[Reported]:
    """End the attempt as failed."""
    error = _given(message=message, code=code, retryable=retryable, retryAfterSeconds=retry_after_seconds)
    return _report(job_id, "fail", Reported.of, {"error": error}, worker_id, lease_token)


def release(
    job_id: str, *, worker_id: str, lease_token: str | None = None, delay_seconds: float | None = None
) -> Call[Reported]:
    """Give the job back; no attempt is used."""
    return _report(job_id, "release", Reported.of, _given(delaySeconds=delay_seconds), worker_id, lease_token)


# -- pictures -------------------------------------------------------------------------------------------------------


def create_asset(file_name: str, content_type: str) -> Call[UploadForm]:
    """Register a picture to come. Sent twice, it would register two."""
    return _post("/assets", UploadForm.of, {"fileName": file_name, "contentType": content_type})


def asset(asset_id: str) -> Call[Asset]:
    """One asset, with signed addresses."""
    return _get(f"/assets/{_id(asset_id)}", Asset.of)


def assets(*, limit: int | None = None, cursor: str | None = None) -> Call[AssetPage]:
    """A page of source assets, newest first."""
    return _get("/assets", AssetPage.of, limit=limit, cursor=cursor)


def thumbnail_url(asset_id: str, variant: str | None = None) -> Call[str]:
    """The signed address of one thumbnail, from the redirect's own body."""
    return _get(f"/assets/{_id(asset_id)}/thumbnail", lambda answer: str(answer["url"]), variant=variant)


def make_thumbnail(asset_id: str) -> Call[Job]:
    """Make an asset's thumbnails again."""
    return _post(f"/assets/{_id(asset_id)}/thumbnail", Job.of, {})


# -- admins ---------------------------------------------------------------------------------------------------------


def redrive(job_id: str, *, max_attempts: int | None = None) -> Call[Job]:
    """Queue a dead job anew. Sent twice, the second is refused: the job is no longer dead."""
    return _post(f"/jobs/{_id(job_id)}/redrive", Job.of, _given(maxAttempts=max_attempts))


def redrive_many(*, job_type: str | None = None, code: str | None = None, limit: int | None = None) -> Call[int]:
    """Queue dead jobs anew, oldest first; how many were."""
    body = _given(type=job_type, code=code, limit=limit)
    return _post("/jobs/redrive", lambda answer: int(answer["redriven"]), body)


def create_token(
    role: Role,
    label: str,
    *,
    types: Sequence[str] = (),
    worker_ids: Sequence[str] = (),
    expires_in_days: float | None = None,
) -> Call[Token]:
    """Make an access token."""
    return _post(
        "/tokens",
        Token.of,
        _given(
            role=role,
            label=label,
            types=list(types) or None,
            workerIds=list(worker_ids) or None,
            expiresInDays=expires_in_days,
        ),
    )


def tokens() -> Call[tuple[Token, ...]]:
    """All access tokens, without their secrets."""
    return _get("/tokens", lambda answer: tuple(Token.of(each) for each in answer["tokens"]))


def rotate_token(token_id: str) -> Call[Token]:
    """Give a token a new secret; the old one stays good for a while."""
    return _post(f"/tokens/{_id(token_id)}/rotate", Token.of, {})


def revoke_token(token_id: str) -> Call[None]:
    """Delete a token."""
    return Call(method="DELETE", path=f"/tokens/{_id(token_id)}", read=lambda _answer: None)


# -- within ---------------------------------------------------------------------------------------------------------


def _get(path: str, read: Callable[[Any], T_co], **query: str | int | None) -> Call[T_co]:
    given = _given(**query)
    return Call(method="GET", path=f"{path}?{urlencode(given)}" if given else path, read=read, repeatable=True)


def _post(
    path: str,
    read: Callable[[Any], T_co],
    body: Json,
    *,
    headers: Mapping[str, str] | None = None,
    repeatable: bool = False,
    timeout: float = _PATIENCE,
) -> Call[T_co]:
    return Call(
        method="POST",
        path=path,
        read=read,
        body=body,
        headers=headers or {},
        repeatable=repeatable,
        timeout=timeout,
    )


def _report(
    job_id: str, verb: str, read: Callable[[Any], T_co], body: Json, worker_id: str, lease_token: str | None
) -> Call[T_co]:
    """A report under a lease: the lease makes it repeatable."""
    return _post(f"/jobs/{_id(job_id)}/{verb}", read, body, headers=_worker(worker_id, lease_token), repeatable=True)


def _worker(worker_id: str, lease_token: str | None) -> dict[str, str]:
    headers = {"X-Worker-Id": _header("a worker id", worker_id)}
    if lease_token is not None:
        headers["X-Lease-Token"] = _header("a lease token", lease_token)
    return headers


def _given(**values: Any) -> dict[str, Any]:
    """Those that were given: None takes the server's setting."""
    return {name: value for name, value in values.items() if value is not None}


def _id(text: str) -> str:
    if not text.strip(".") or "/" in text:
        raise ValueError(f"{text!r} is no id")  # an empty one, dots or a slash would make the path of another route
    return quote(text, safe="")


def _header(what: str, text: str) -> str:
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError(f"{what} goes into a header and must be printable ASCII, not {text!r}")
    return text


def _written(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"run_at needs a time zone: {moment.isoformat()} could be any of 24 hours")
    return moment.isoformat(timespec="milliseconds")
