"""What Leasehold refuses, and why. The message is written for the person who reads the answer.

LeaseholdError
├── NotFound           job_not_found, asset_not_found, not_ready
├── Conflict
│   ├── LeaseConflict  lease_conflict
│   ├── AlreadyFinished
│   └── NotInDlq
├── Forbidden          forbidden
├── TooLarge           payload_too_large
├── Invalid            validation_error, unknown_job_type, idempotency_key_reused
├── MalformedJson      malformed_json
├── Throttled          throttled: the table or queue asks us to slow down
└── Unavailable        unavailable: the table or queue is away
"""

from collections.abc import Sequence
from typing import ClassVar


class LeaseholdError(Exception):
    """A request that was understood and refused; nothing was changed."""

    status: ClassVar[int] = 500
    code: str = "server_error"
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, message: str, *, code: str | None = None, details: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        if code is not None:
            self.code = code


class NotFound(LeaseholdError):
    status = 404
    code = "job_not_found"


class Conflict(LeaseholdError):
    status = 409


class LeaseConflict(Conflict):
    code = "lease_conflict"


class AlreadyFinished(Conflict):
    code = "already_finished"


class NotInDlq(Conflict):
    code = "not_in_dlq"


class Forbidden(LeaseholdError):
    status = 403
    code = "forbidden"


class TooLarge(LeaseholdError):
    status = 413
    code = "payload_too_large"


class Invalid(LeaseholdError):
    status = 422
    code = "validation_error"


class MalformedJson(LeaseholdError):
    status = 400
    code = "malformed_json"


class Throttled(LeaseholdError):
    status = 429
    code = "throttled"
    retry_after_seconds = 1


class Unavailable(LeaseholdError):
    status = 503
    code = "unavailable"
    retry_after_seconds = 2


def invalid_field(field: str, message: str, *, code: str | None = None) -> Invalid:
    """The error for one bad field."""
    return Invalid(f"{field}: {message}", code=code, details=[{"field": field, "message": message}])
