"""What a handler makes of a job: a result, or one of three exceptions that say more than "it failed"."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from leasehold_client.worker.running import StopWork

_LONGEST_MESSAGE: Final = 2_000
_LONGEST_CODE: Final = 100
_LONGEST_RETRY_AFTER: Final = 43_200


class Retry(Exception):
    """Raise it to fail this attempt and say when to try again.

    `after` is in seconds, 0 to 43,200 (12 hours); None takes the backoff of the job's type. The attempt counts: a job
    out of attempts goes to the dead letters. Raises ValueError for another `after`.
    """

    def __init__(self, message: str = "to be tried again", *, after: float | None = None, code: str = "retry") -> None:
        if after is not None and not 0 <= after <= _LONGEST_RETRY_AFTER:
            raise ValueError(f"after is {after}; it must be 0 to {_LONGEST_RETRY_AFTER} seconds")
        super().__init__(message)
        self.after = after
        self.code = _code(code)


class Reject(Exception):
    """Raise it for a job that can never work: it goes to the dead letters at once, with this error code."""

    def __init__(self, code: str, message: str | None = None) -> None:
        self.code = _code(code)
        super().__init__(message or code)


class Release(Exception):
    """Raise it to give the job back unworked, to be due again after so many seconds. No attempt is used."""

    def __init__(self, *, after: float = 0) -> None:
        if not (after >= 0 and math.isfinite(after)):
            raise ValueError(f"after is {after}; it must be 0 or more seconds")
        super().__init__("released")
        self.after = after


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The job is done; the result is a JSON object."""

    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt has failed."""

    message: str
    code: str
    retryable: bool = True
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """The job goes back unworked."""

    after: float = 0


@dataclass(frozen=True, slots=True)
class Stopped:
    """There is nothing to report: the job was cancelled, or its lease is another's."""

    reason: str


Outcome = Succeeded | Failed | Released | Stopped


def returned(value: object) -> Outcome:
    """The outcome of a handler that returned. Work whose result can't be kept is not worth doing again."""
    if value is None:
        return Succeeded({})
    if not isinstance(value, Mapping):
        return Failed(
            f"the handler returned {type(value).__name__}; it must return a dict or None", "bad_result", False
        )
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as fault:
        return Failed(f"the handler's result can't be written as JSON: {fault}", "bad_result", False)
    return Succeeded(value)


def raised(fault: BaseException) -> Outcome:
    """The outcome of a handler that raised. An exception of no kind of ours is a failure, to be tried again."""
    match fault:
        case StopWork():
            return Stopped(str(fault))
        case Release():
            return Released(fault.after)
        case Reject():
            return Failed(_message(str(fault)), fault.code, False)
        case Retry():
            return Failed(_message(str(fault)), fault.code, True, fault.after)
        case _:
            name = type(fault).__name__
            return Failed(_message(f"{name}: {fault}" if str(fault) else name), code_of(name))


def code_of(name: str) -> str:
    """The error code of an exception's class: `HTTPStatusError` becomes `http_status_error`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return spaced.lower()[:_LONGEST_CODE]


def _message(text: str) -> str:
    """A text that any store takes: half a surrogate pair, as undecodable file names have, is in no UTF-8."""
    return text.encode("utf-8", "replace").decode()[:_LONGEST_MESSAGE] or "failed"


def _code(code: str) -> str:
    if not 0 < len(code) <= _LONGEST_CODE:
        raise ValueError(f"an error code has 1 to {_LONGEST_CODE} characters, not {len(code)}")
    return code
