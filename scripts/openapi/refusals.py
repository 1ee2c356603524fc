"""Every error code: the status it comes with, when it comes, and what its answer looks like."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from leasehold import errors

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error code, with an example of its message and details."""

    code: str
    error: type[errors.LeaseholdError]
    when: str
    message: str
    details: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> int:
        """The status is the error class's own."""
        return self.error.status

    @property
    def example(self) -> Json:
        """The envelope."""
        told: Json = {"code": self.code, "message": self.message}
        if self.details:
            told["details"] = [{"field": field, "message": message} for field, message in self.details]
        return {"error": told}


_ALL: Final = (
    Refusal(
        "malformed_json",
        errors.MalformedJson,
        "the body is no JSON, or is nested too deep",
        "the body is no JSON: Expecting value at line 1, column 1",
    ),
    Refusal(
        "forbidden",
        errors.Forbidden,
        "the token is limited to other job types or worker ids",
        "this token is limited to the job types demo.echo",
    ),
    Refusal(
        "job_not_found",
        errors.NotFound,
        "there is no such job",
        "there is no job of that id; it may have been deleted after its retention",
    ),
    Refusal("asset_not_found", errors.NotFound, "there is no such asset", "there is no asset of that id"),
    Refusal(
        "not_ready",
        errors.NotFound,
        "there is no such thumbnail, or not yet; or nothing has been uploaded",
        "the thumbnail is not ready; ask again in a moment",
    ),
    Refusal("token_not_found", errors.NotFound, "there is no such token", "there is no token of that id"),
    Refusal(
        "lease_conflict",
        errors.LeaseConflict,
        "the job isn't leased, isn't leased by this worker or under this lease token, or doesn't exist",
        "the job is leased by another worker; stop working on it",
    ),
    Refusal(
        "already_finished",
        errors.AlreadyFinished,
        "the job has succeeded or is dead",
        "the job is succeeded already and can't be cancelled",
    ),
    Refusal(
        "not_in_dlq",
        errors.NotInDlq,
        "the job is not dead",
        "the job is queued, not dlq: only dead jobs can be redriven",
    ),
    Refusal(
        "payload_too_large",
        errors.TooLarge,
        "the payload or the result is over 64 KiB of JSON",
        "the payload is 70012 bytes of JSON; at most 65536 are kept. Put large data into S3",
    ),
    Refusal(
        "validation_error",
        errors.Invalid,
        "something is missing, out of its range, or not known; `details` names each field",
        "not valid: maxAttempts",
        (("maxAttempts", "Input should be less than or equal to 100"),),
    ),
    Refusal(
        "unknown_job_type",
        errors.Invalid,
        "the registry has no such job type",
        "type: no job type is named 'demo.ecko'; known: demo.echo, thumbnail.create",
        (("type", "no job type is named 'demo.ecko'; known: demo.echo, thumbnail.create"),),
    ),
    Refusal(
        "idempotency_key_reused",
        errors.Invalid,
        "the key came with another body before",
        "this Idempotency-Key has been used with another body; use a new key for a new job",
        (("Idempotency-Key", "already used with another body"),),
    ),
    Refusal(
        "throttled",
        errors.Throttled,
        "a table is throttling; nothing was half done",
        "the service is receiving too many requests; try again after the time in Retry-After",
    ),
    Refusal(
        "unavailable",
        errors.Unavailable,
        "a table is away; nothing was half done",
        "a service behind this one is away; try again after the time in Retry-After",
    ),
    Refusal(
        "server_error",
        errors.LeaseholdError,
        "a bug of ours; the answer shows no internals",
        "something went wrong on our side; the request can be sent again, and the logs know more",
    ),
)
REFUSALS: Final[dict[str, Refusal]] = {each.code: each for each in _ALL}

# What API Gateway answers by itself, before or instead of a function: {"message": ...} and nothing more.
GATEWAY_MESSAGES: Final[dict[int, tuple[str, str]]] = {
    401: ("Unauthorized", "there is no Authorization header"),
    403: ("Forbidden", "the token is unknown, expired or revoked, or its role doesn't allow the route"),
    404: ("Not Found", "there is no such route: the id is empty or has a slash in it"),
    413: ("Request Entity Too Large", "the request is over API Gateway's own limit"),
    429: ("Too Many Requests", "the API is called faster than its stage allows"),
    500: ("Internal Server Error", "a function ended without an answer"),
    503: ("Service Unavailable", "a function took longer than API Gateway waits"),
}


def by_status(codes: Sequence[str], gateway: Sequence[int]) -> dict[int, list[str]]:
    """The codes of each status, for the statuses of both; none for those that only API Gateway gives."""
    grouped: dict[int, list[str]] = {status: [] for status in gateway}
    for code in codes:
        grouped.setdefault(REFUSALS[code].status, []).append(code)
    return dict(sorted(grouped.items()))
