"""What can go wrong between a program and Leasehold. The message says what, and what to do.

LeaseholdError
├── ApiError           the API refused a request: status, code, message, details, retry_after
│   ├── NotAllowed     401, 403: the token, its role, its job types or its worker ids
│   ├── NotFound       404  job_not_found, asset_not_found, not_ready
│   ├── Conflict       409  already_finished, not_in_dlq
│   │   └── LeaseConflict   lease_conflict: the job is not, or no longer, this worker's
│   ├── Invalid        400, 413, 422 and any other fault of the request
│   ├── Busy           429, 502, 503, 504: the same request may work later
│   └── ServerError    500: a bug on the other side
├── UploadRefused      S3 refused a picture: status, code, message
├── Unreachable        no answer came
├── BadAnswer          an answer came that is none of Leasehold's
└── NotConfigured      no address or token is known, or one is malformed
"""

from collections.abc import Mapping, Sequence
from typing import Any


class LeaseholdError(Exception):
    """Anything this package raises by itself, except ValueError for impossible arguments."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ApiError(LeaseholdError):
    """The API refused a request. `code` is the contract's, or `http_<status>` where a gateway answered by itself.

    `details` names each field at fault: `[{"field": ..., "message": ...}]`. `retry_after` is in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        details: Sequence[Mapping[str, Any]] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = tuple(details)
        self.retry_after = retry_after


class NotAllowed(ApiError):
    """The token is missing, unknown, expired or revoked, or may not do this."""


class NotFound(ApiError):
    """There is no such job or asset, or its picture is not ready."""


class Conflict(ApiError):
    """The job is in a state that does not allow this."""


class LeaseConflict(Conflict):
    """The job is not leased, or not by this worker under this lease: stop working on it."""


class Invalid(ApiError):
    """The request itself is at fault; sent again it is refused again."""


class Busy(ApiError):
    """The API, or something behind it, is throttling or away."""


class ServerError(ApiError):
    """A bug on the other side."""


class UploadRefused(LeaseholdError):
    """S3 refused a picture, with S3's own status, code and message."""

    def __init__(self, message: str, *, status: int, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Unreachable(LeaseholdError):
    """No answer came: the address does not resolve, nothing listens there, or the connection broke."""


class BadAnswer(LeaseholdError):
    """Something answered that is not Leasehold, or not a version that this client understands."""


class NotConfigured(LeaseholdError):
    """No address or no token is known, or one of them can't be right."""
