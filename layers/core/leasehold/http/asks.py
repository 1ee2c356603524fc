"""What callers ask for, read without pydantic where it is plain.

The models of `leasehold.http.bodies` say what may stand in a request, and what is wrong with one that is refused. But
pydantic is as large an import as all of ours, and a request is nearly always plain: each reader here takes what is
plainly right by itself and hands everything else to its model. A reader may be stricter than the model, never laxer,
and what it takes it reads as the model does; a test holds the two against each other.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from leasehold import times
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
    PROGRESS_DIGITS,
    USUAL_PAGE,
)
from leasehold.job import LONGEST_MESSAGE, PRIORITIES, STATUSES, Failure, Status
from leasehold.order import Order

_ORDER_FIELDS = frozenset({"type", "payload", "runAt", "delaySeconds", "priority", "maxAttempts", "leaseSeconds"})
_UPLOAD_FIELDS = frozenset({"fileName", "contentType"})

Json = Mapping[str, Any]
Query = Mapping[str, str]


class LeaseAsk(NamedTuple):
    """Jobs to lease: of which types, how many, for how many seconds each, and how long to wait for one."""

    types: list[str]
    at_most: int
    lease_seconds: int | None
    wait_seconds: float


class HeartbeatAsk(NamedTuple):
    """A lease to hold for longer, and how far the work has come (0 to 1)."""

    lease_seconds: int | None
    progress: float | None
    message: str | None


class PageAsk(NamedTuple):
    """A page of a list."""

    limit: int
    cursor: str | None


class JobsPageAsk(NamedTuple):
    """A page of the list of jobs, of one state, type or last error where they are given."""

    status: Status | None
    type: str | None
    code: str | None
    limit: int
    cursor: str | None


class UploadAsk(NamedTuple):
    """A picture that is to be uploaded."""

    file_name: str
    content_type: str


class RedriveManyAsk(NamedTuple):
    """Dead jobs to queue again: of a type, with an error's code, at most so many."""

    type: str | None
    code: str | None
    limit: int | None


class TokenAsk(NamedTuple):
    """A token to mint."""

    role: str
    label: str
    types: Sequence[str]
    worker_ids: Sequence[str]
    expires_in_days: float | None


def lease(body: Json, query: Query) -> LeaseAsk:
    """The ask of a lease request: its body's and its query's together; of what both name, the body's."""
    plain = _plain_lease(body, query)
    if plain is not None:
        return plain
    from leasehold.http import bodies

    asked = bodies.lease(body, query)
    return LeaseAsk(asked.type, asked.max, asked.lease_seconds, asked.wait)


def heartbeat(body: Json) -> HeartbeatAsk:
    """The ask of a heartbeat."""
    seconds, progress, message = body.get("leaseSeconds"), body.get("progress"), body.get("message")
    if (
        (seconds is None or _is_whole(seconds, 1, LONGEST_LEASE))
        and (progress is None or _is_number(progress, 0, 1))
        and (message is None or _is_text(message, 0, LONGEST_MESSAGE))
    ):
        return HeartbeatAsk(seconds, None if progress is None else round(float(progress), PROGRESS_DIGITS), message)
    from leasehold.http import bodies

    asked = bodies.checked(bodies.HeartbeatBody, body)
    return HeartbeatAsk(asked.lease_seconds, asked.progress, asked.message)


def result(body: Json) -> dict[str, Any]:
    """The result of a finished job."""
    found = body.get("result")
    if type(found) is dict:
        return found
    from leasehold.http import bodies

    return bodies.checked(bodies.SucceedBody, body).result


def failure(body: Json) -> Failure:
    """Why an attempt failed, as far as it can be told: no wording is refused."""
    error = body.get("error")
    if type(error) is dict:
        message, code = error.get("message"), error.get("code")
        retryable, wait = error.get("retryable", True), error.get("retryAfterSeconds")
        if (
            _is_text(message, 1, None)
            and (code is None or _is_text(code, 1, LONGEST_CODE))
            and type(retryable) is bool
            and (wait is None or _is_number(wait, 0, LONGEST_LEASE))
        ):
            return Failure(str(message), code, retryable, None if wait is None else float(wait))
    from leasehold.http import bodies

    asked = bodies.checked(bodies.FailBody, body).error
    return Failure(asked.message, asked.code, asked.retryable, asked.retry_after_seconds)


def delay(body: Json) -> float:
    """Seconds until a released job is due again."""
    seconds = body.get("delaySeconds", 0)
    if _is_number(seconds, 0, LONGEST_DELAY):
        return float(seconds)
    from leasehold.http import bodies

    return bodies.checked(bodies.ReleaseBody, body).delay_seconds


def order(body: Json) -> Order:
    """A job to enqueue."""
    plain = _plain_order(body)
    if plain is not None:
        return plain
    from leasehold.http import bodies

    asked = bodies.checked(bodies.EnqueueBody, body)
    return Order(
        asked.type,
        asked.payload,
        asked.run_at,
        asked.delay_seconds,
        asked.priority,
        asked.max_attempts,
        asked.lease_seconds,
    )


def jobs_page(query: Query) -> JobsPageAsk:
    """A page of jobs."""
    status, job_type, code = query.get("status"), query.get("type"), query.get("code")
    plain = _plain_page(query)
    if (
        plain is not None
        and (status is None or status in STATUSES)
        and (job_type is None or _is_text(job_type, 1, LONGEST_TYPE))
        and (code is None or _is_text(code, 1, LONGEST_CODE))
    ):
        return JobsPageAsk(status, job_type, code, plain.limit, plain.cursor)
    from leasehold.http import bodies

    asked = bodies.checked(bodies.ListQuery, query)
    return JobsPageAsk(asked.status, asked.type, asked.code, asked.limit, asked.cursor)


def page(query: Query) -> PageAsk:
    """A page of any other list."""
    plain = _plain_page(query)
    if plain is not None:
        return plain
    from leasehold.http import bodies

    asked = bodies.checked(bodies.PageQuery, query)
    return PageAsk(asked.limit, asked.cursor)


def upload(body: Json) -> UploadAsk:
    """An upload to come."""
    name, content_type = body.get("fileName"), body.get("contentType")
    if (
        _is_text(name, 1, LONGEST_FILE_NAME)
        and type(content_type) is str
        and not content_type.endswith("\n")  # which `$` lets pass here, and not in the model
        and re.match(CONTENT_TYPE, content_type)
        and body.keys() <= _UPLOAD_FIELDS
    ):
        return UploadAsk(str(name), content_type)
    from leasehold.http import bodies

    asked = bodies.checked(bodies.UploadBody, body)
    return UploadAsk(asked.file_name, asked.content_type)


def redrive(body: Json) -> int | None:
    """The attempts that a redriven job gets; None where it keeps its own number."""
    if not body:
        return None
    from leasehold.http import bodies

    return bodies.checked(bodies.RedriveBody, body).max_attempts


def redrive_many(body: Json) -> RedriveManyAsk:
    """Which dead jobs to queue again."""
    from leasehold.http import bodies

    asked = bodies.checked(bodies.RedriveManyBody, body)
    return RedriveManyAsk(asked.type, asked.code, asked.limit)


def token(body: Json) -> TokenAsk:
    """A token to mint."""
    from leasehold.http import bodies

    asked = bodies.checked(bodies.TokenBody, body)
    return TokenAsk(asked.role, asked.label, asked.types, asked.worker_ids, asked.expires_in_days)


def _plain_lease(body: Json, query: Query) -> LeaseAsk | None:
    numbers = {name: query[name] for name in ("max", "leaseSeconds", "wait") if name in query and name not in body}
    if not all(map(_is_digits, numbers.values())):
        return None
    asked = {"type": query.get("type"), **{name: int(digits) for name, digits in numbers.items()}, **body}
    types, at_most, seconds, wait = asked["type"], asked.get("max", 1), asked.get("leaseSeconds"), asked.get("wait", 0)
    if type(types) is str:
        types = [name for name in map(str.strip, types.split(",")) if name]
    if (
        type(types) is list
        and 0 < len(types) <= MOST_TYPES
        and all(_is_text(name, 1, LONGEST_TYPE) for name in types)
        and _is_whole(at_most, 1, MOST_JOBS)
        and (seconds is None or _is_whole(seconds, 1, LONGEST_LEASE))
        and _is_number(wait, 0, LONGEST_WAIT)
    ):
        return LeaseAsk(types, at_most, seconds, float(wait))
    return None


def _plain_order(body: Json) -> Order | None:
    job_type, payload, run_at = body.get("type"), body.get("payload"), body.get("runAt")
    seconds, priority = body.get("delaySeconds"), body.get("priority", "normal")
    attempts, lease_seconds = body.get("maxAttempts"), body.get("leaseSeconds")
    if (
        body.keys() <= _ORDER_FIELDS
        and _is_text(job_type, 1, LONGEST_TYPE)
        and type(payload) is dict
        and _are_texts(payload)
        and (run_at is None or _is_time(run_at))
        and (seconds is None or _is_number(seconds, 0, LONGEST_DELAY))
        and type(priority) is str
        and priority in PRIORITIES
        and (attempts is None or _is_whole(attempts, 1, MOST_ATTEMPTS))
        and (lease_seconds is None or _is_whole(lease_seconds, 1, LONGEST_LEASE))
    ):
        return Order(
            str(job_type),
            payload,
            None if run_at is None else times.read(run_at),
            None if seconds is None else float(seconds),
            priority,
            attempts,
            lease_seconds,
        )
    return None


def _plain_page(query: Query) -> PageAsk | None:
    limit, cursor = query.get("limit", str(USUAL_PAGE)), query.get("cursor")
    if (
        _is_digits(limit)
        and 1 <= int(limit) <= LARGEST_PAGE
        and (cursor is None or _is_text(cursor, 0, LONGEST_CURSOR))
    ):
        return PageAsk(int(limit), cursor)
    return None


def _is_whole(value: Any, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _is_number(value: Any, low: float, high: float) -> bool:
    return type(value) in (int, float) and low <= value <= high


def _is_text(value: Any, shortest: int, longest: int | None) -> bool:
    """Whether it is a text of that many characters that UTF-8 can write."""
    if type(value) is not str or len(value) < shortest or (longest is not None and len(value) > longest):
        return False
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def _are_texts(names: Iterable[Any]) -> bool:
    return all(_is_text(name, 0, None) for name in names)


def _is_digits(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= 5


def _is_time(value: Any) -> bool:
    try:
        return type(value) is str and 0 <= times.read(value) <= times.LATEST
    except ValueError:
        return False
