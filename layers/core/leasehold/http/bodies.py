"""What may stand in the bodies and queries of requests, checked by pydantic.

Requests that create something refuse fields they don't know: a typing error must not pass in silence. A worker's
reports ignore them, and are never refused for their wording: a refused report would cost a finished job.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from leasehold import times
from leasehold.access import Role
from leasehold.errors import Invalid
from leasehold.http.limits import (
    CONTENT_TYPE,
    LARGEST_PAGE,
    LONGEST_CODE,
    LONGEST_CURSOR,
    LONGEST_DELAY,
    LONGEST_FILE_NAME,
    LONGEST_LEASE,
    LONGEST_TYPE,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    MOST_JOBS,
    MOST_TYPES,
    NO_MESSAGE,
    PROGRESS_DIGITS,
    USUAL_PAGE,
)
from leasehold.job import LONGEST_MESSAGE, Priority, Status


def _instant(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError("must be a text such as 2030-01-31T12:00:00Z")
    try:
        instant = times.read(value)
    except ValueError:
        raise ValueError("must be an ISO 8601 time with its offset, such as 2030-01-31T12:00:00Z") from None
    if not 0 <= instant <= times.LATEST:
        raise ValueError("must be a time of the years 1970 to 9999 in UTC")
    return instant


def _names(value: Any) -> Any:
    """`a,b`, `a, b`, `["a", "b"]` and `a` alike."""
    if isinstance(value, str):
        return [name for name in map(str.strip, value.split(",")) if name]
    return value


_HALF_PAIRS = re.compile("[\ud800-\udfff]")


def _sound(value: Any) -> Any:
    """A text that UTF-8 can write. Python's names of files that are no UTF-8 carry halves of surrogate pairs."""
    return _HALF_PAIRS.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value


def _instead_of_null(value: Any, default: Any) -> Any:
    """For fields whose null means that they were left out."""
    return default if value is None else value


# The second argument of BeforeValidator is what the API's description says of the field.
Instant = Annotated[int, BeforeValidator(_instant, datetime)]
LeaseSeconds = Annotated[int, Field(ge=1, le=LONGEST_LEASE)]
Attempts = Annotated[int, Field(ge=1, le=MOST_ATTEMPTS)]
ErrorCode = Annotated[str, Field(min_length=1, max_length=LONGEST_CODE)]
DelaySeconds = Annotated[float, Field(ge=0, le=LONGEST_DELAY, allow_inf_nan=False)]
Progress = Annotated[
    float, Field(ge=0, le=1, allow_inf_nan=False), AfterValidator(lambda share: round(share, PROGRESS_DIGITS))
]
Told = Annotated[str, BeforeValidator(_sound, str)]
JobCount = Annotated[int, Field(ge=1, le=MOST_JOBS)]
Wait = Annotated[float, Field(ge=0, le=LONGEST_WAIT, allow_inf_nan=False)]
TypeName = Annotated[str, Field(min_length=1, max_length=LONGEST_TYPE)]
TypeNames = Annotated[list[TypeName], Field(min_length=1, max_length=MOST_TYPES)]
TypeLimit = Annotated[list[TypeName], Field(max_length=50)]
Globs = Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=50)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, frozen=True)


class _Tolerant(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel, frozen=True)


class _Query(BaseModel):
    """Query parameters are texts, so numbers are read from texts."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, frozen=True)


class EnqueueBody(_Strict):
    type: TypeName
    payload: dict[str, Any]
    run_at: Instant | None = None
    delay_seconds: DelaySeconds | None = None
    priority: Annotated[Priority, BeforeValidator(lambda value: _instead_of_null(value, "normal"), Priority | None)] = (
        "normal"
    )
    max_attempts: Attempts | None = None
    lease_seconds: LeaseSeconds | None = None


class LeaseBody(_Tolerant):
    type: Annotated[TypeNames, BeforeValidator(_names, TypeName | TypeNames)]
    max: Annotated[JobCount, BeforeValidator(lambda value: _instead_of_null(value, 1), JobCount | None)] = 1
    lease_seconds: LeaseSeconds | None = None
    wait: Annotated[Wait, BeforeValidator(lambda value: _instead_of_null(value, 0), Wait | None)] = 0


class LeaseQuery(LeaseBody):
    model_config = ConfigDict(strict=False)  # a query's numbers are texts


class HeartbeatBody(_Tolerant):
    lease_seconds: LeaseSeconds | None = None
    progress: Progress | None = None
    message: Annotated[Told, AfterValidator(lambda message: message[:LONGEST_MESSAGE])] | None = None


class SucceedBody(_Tolerant):
    result: dict[str, Any]


class FailureBody(_Tolerant):
    message: Annotated[Told, AfterValidator(lambda message: message or NO_MESSAGE)]
    code: Annotated[Told, AfterValidator(lambda code: code[:LONGEST_CODE] or None)] | None = None
    retryable: Annotated[bool, BeforeValidator(lambda value: _instead_of_null(value, True), bool | None)] = True
    retry_after_seconds: Annotated[float, Field(ge=0, le=LONGEST_LEASE, allow_inf_nan=False)] | None = None


class FailBody(_Tolerant):
    error: FailureBody


class ReleaseBody(_Tolerant):
    delay_seconds: Annotated[
        DelaySeconds, BeforeValidator(lambda value: _instead_of_null(value, 0), DelaySeconds | None)
    ] = 0


class RedriveBody(_Strict):
    max_attempts: Attempts | None = None


class RedriveManyBody(_Strict):
    type: TypeName | None = None
    code: ErrorCode | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] | None = None


class ListQuery(_Query):
    status: Status | None = None
    type: TypeName | None = None
    code: ErrorCode | None = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = USUAL_PAGE
    cursor: Annotated[str, Field(max_length=LONGEST_CURSOR)] | None = None


class PageQuery(_Query):
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = USUAL_PAGE
    cursor: Annotated[str, Field(max_length=LONGEST_CURSOR)] | None = None


class UploadBody(_Strict):
    file_name: Annotated[str, Field(min_length=1, max_length=LONGEST_FILE_NAME)]
    content_type: Annotated[str, Field(pattern=CONTENT_TYPE)]


class TokenBody(_Strict):
    role: Role
    label: Annotated[str, Field(min_length=1, max_length=200)]
    types: Annotated[TypeLimit, BeforeValidator(lambda value: _instead_of_null(value, []), TypeLimit | None)] = []
    worker_ids: Annotated[Globs, BeforeValidator(lambda value: _instead_of_null(value, []), Globs | None)] = []
    expires_in_days: Annotated[float, Field(gt=0, le=3_650, allow_inf_nan=False)] | None = None


# An answer repeats the names of unknown fields, but no more of them than a person would read.
_LONGEST_NAME: Final = 100

Model = TypeVar("Model", bound=BaseModel)


def checked(model: type[Model], values: Mapping[str, Any]) -> Model:
    """The values as that model. Raises Invalid, naming each bad field."""
    try:
        return model.model_validate(values)
    except ValidationError as faults:
        details = [
            {
                "field": ".".join(str(part) for part in fault["loc"])[:_LONGEST_NAME] or "body",
                "message": fault["msg"].removeprefix("Value error, ").partition(" or instance of ")[0],
            }
            for fault in faults.errors(include_url=False, include_input=False, include_context=False)
        ]
        fields = list(dict.fromkeys(each["field"] for each in details))
        more = f" and {len(fields) - 10} more" if len(fields) > 10 else ""
        raise Invalid(f"not valid: {', '.join(fields[:10])}{more}", details=details[:50]) from None


def lease(body: Mapping[str, Any], query: Mapping[str, str]) -> LeaseBody:
    """What a lease's body and query ask for together; of what both name, the body's. Raises Invalid."""
    if body:  # whose numbers must be numbers, while a query's are texts
        checked(LeaseBody, {**{name: text for name, text in query.items() if name == "type"}, **body})
    return checked(LeaseQuery, {**query, **body})
