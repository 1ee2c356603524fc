"""What callers ask for, read without pydantic where it is plain.

The models of `leasehold.http.bodies` say what may stand in a request, and what is wrong with one that is refused. But
pydantic is as large an import as all of ours, and a request is nearly always plain: each reader here takes what is
plainly right by itself and hands everything else to its model. A reader may be stricter than the model, never laxer,
and what it takes it reads as the model does; a test holds the two against each other. Workers' requests are in
`worker_asks`: their function starts without what is here.
"""

import re
from collections.abc import Mapping, Sequence
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
    MOST_ATTEMPTS,
    USUAL_PAGE,
)
from leasehold.http.plain import are_texts, is_digits, is_number, is_text, is_whole
from leasehold.job import PRIORITIES, STATUSES, Status
from leasehold.order import Order

_ORDER_FIELDS = frozenset({"type", "payload", "runAt", "delaySeconds", "priority", "maxAttempts", "leaseSeconds"})
_UPLOAD_FIELDS = frozenset({"fileName", "contentType"})

Json = Mapping[str, Any]
Query = Mapping[str, str]


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
        and (job_type is None or is_text(job_type, 1, LONGEST_TYPE))
        and (code is None or is_text(code, 1, LONGEST_CODE))
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
        is_text(name, 1, LONGEST_FILE_NAME)
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


def _plain_order(body: Json) -> Order | None:
    job_type, payload, run_at = body.get("type"), body.get("payload"), body.get("runAt")
    seconds, priority = body.get("delaySeconds"), body.get("priority", "normal")
    attempts, lease_seconds = body.get("maxAttempts"), body.get("leaseSeconds")
    if (
        body.keys() <= _ORDER_FIELDS
        and is_text(job_type, 1, LONGEST_TYPE)
        and type(payload) is dict
        and are_texts(payload)
        and (run_at is None or _is_time(run_at))
        and (seconds is None or is_number(seconds, 0, LONGEST_DELAY))
        and type(priority) is str
        and priority in PRIORITIES
        and (attempts is None or is_whole(attempts, 1, MOST_ATTEMPTS))
        and (lease_seconds is None or is_whole(lease_seconds, 1, LONGEST_LEASE))
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
    if is_digits(limit) and 1 <= int(limit) <= LARGEST_PAGE and (cursor is None or is_text(cursor, 0, LONGEST_CURSOR)):
        return PageAsk(int(limit), cursor)
    return None


def _is_time(value: Any) -> bool:
    try:
        return type(value) is str and 0 <= times.read(value) <= times.LATEST
    except ValueError:
        return False
