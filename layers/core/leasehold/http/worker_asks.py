"""What workers ask for, read without pydantic where it is plain: see `asks`, whose rules hold here too."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from leasehold.http.limits import (
    LONGEST_CODE,
    LONGEST_DELAY,
    LONGEST_LEASE,
    LONGEST_TYPE,
    LONGEST_WAIT,
    MOST_JOBS,
    MOST_TYPES,
    PROGRESS_DIGITS,
)
from leasehold.http.plain import is_digits, is_number, is_text, is_whole
from leasehold.job import LONGEST_MESSAGE, Failure

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
        (seconds is None or is_whole(seconds, 1, LONGEST_LEASE))
        and (progress is None or is_number(progress, 0, 1))
        and (message is None or is_text(message, 0, LONGEST_MESSAGE))
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
            is_text(message, 1, None)
            and (code is None or is_text(code, 1, LONGEST_CODE))
            and type(retryable) is bool
            and (wait is None or is_number(wait, 0, LONGEST_LEASE))
        ):
            return Failure(str(message), code, retryable, None if wait is None else float(wait))
    from leasehold.http import bodies

    asked = bodies.checked(bodies.FailBody, body).error
    return Failure(asked.message, asked.code, asked.retryable, asked.retry_after_seconds)


def delay(body: Json) -> float:
    """Seconds until a released job is due again."""
    seconds = body.get("delaySeconds", 0)
    if is_number(seconds, 0, LONGEST_DELAY):
        return float(seconds)
    from leasehold.http import bodies

    return bodies.checked(bodies.ReleaseBody, body).delay_seconds


def _plain_lease(body: Json, query: Query) -> LeaseAsk | None:
    numbers = {name: query[name] for name in ("max", "leaseSeconds", "wait") if name in query and name not in body}
    if not all(map(is_digits, numbers.values())):
        return None
    asked = {"type": query.get("type"), **{name: int(digits) for name, digits in numbers.items()}, **body}
    types, at_most, seconds, wait = asked["type"], asked.get("max", 1), asked.get("leaseSeconds"), asked.get("wait", 0)
    if type(types) is str:
        types = [name for name in map(str.strip, types.split(",")) if name]
    if (
        type(types) is list
        and 0 < len(types) <= MOST_TYPES
        and all(is_text(name, 1, LONGEST_TYPE) for name in types)
        and is_whole(at_most, 1, MOST_JOBS)
        and (seconds is None or is_whole(seconds, 1, LONGEST_LEASE))
        and is_number(wait, 0, LONGEST_WAIT)
    ):
        return LeaseAsk(types, at_most, seconds, float(wait))
    return None
