"""From an answer, or from none, to a result, an error, or another try: the pure half of both clients."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from leasehold_client import errors
from leasehold_client.calls import Call

T = TypeVar("T")
Draw = Callable[[float, float], float]

_TRY_LATER: Final = frozenset({429, 502, 503, 504})
# The contract's own words for "nothing half done": what carries one of these may always be sent again.
_NOTHING_DONE: Final = frozenset({"throttled", "unavailable"})
_LONGEST_RETRY_AFTER: Final = 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer. `sent` is False where the request can't have reached the server."""

    reason: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The call has its result."""

    result: T


@dataclass(frozen=True, slots=True)
class Again:
    """Send the call once more after this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call is sent at most, and how long the waits between are.

    The wait after the n-th try is drawn from `[d/2, d]` with `d = min(cap, base * 2^(n-1))`, in seconds, and is never
    shorter than the Retry-After that came with the answer.
    """

    tries: int = 5
    base: float = 0.25
    cap: float = 8.0
    draw: Draw = random.uniform

    def pause(self, tries: int, retry_after: float | None) -> float:
        """The wait in seconds after that many tries."""
        # Powers past 2^60 are beyond any cap, and would overflow in the end.
        longest = min(self.cap, self.base * 2.0 ** min(tries - 1, 60))
        return max(self.draw(longest / 2, longest), retry_after or 0)


class Exchange(Generic[T]):
    """One call until it is answered: the caller sends it, tells what came, and does what it is told."""

    def __init__(self, call: Call[T], patience: Patience) -> None:
        self._call = call
        self._patience = patience
        self._tries = 0

    def heard(self, what: Reply | Lost) -> Done[T] | Again:
        """Judge what came of a try. Raises the error where trying again is of no use, or was tried enough."""
        self._tries += 1
        if isinstance(what, Lost):
            return self._again(errors.Unreachable(what.reason), harmless=not what.sent)
        if what.status >= 400:
            error = error_of(what)
            if not isinstance(error, errors.Busy):
                raise error
            return self._again(error, harmless=error.code in _NOTHING_DONE, retry_after=error.retry_after)
        return Done(self._read(what))

    def _again(self, error: errors.LeaseholdError, *, harmless: bool, retry_after: float | None = None) -> Again:
        worth_waiting = (retry_after or 0) <= _LONGEST_RETRY_AFTER
        if self._tries >= self._patience.tries or not (harmless or self._call.repeatable) or not worth_waiting:
            raise error
        return Again(self._patience.pause(self._tries, retry_after))

    def _read(self, reply: Reply) -> T:
        try:
            return self._call.read(json.loads(reply.body))
        except (ValueError, LookupError, TypeError, AttributeError) as fault:
            raise errors.BadAnswer(
                f"the answer to {self._call.method} {self._call.path} is not Leasehold's "
                f"({type(fault).__name__}: {fault}); check the address"
            ) from fault


def error_of(reply: Reply) -> errors.ApiError:
    """The error of an answer with a status of 400 or more, ours or a gateway's."""
    told = _envelope(reply)
    status = reply.status
    code = told.get("code")
    message = told.get("message")
    kind: type[errors.ApiError]
    match status:
        case 401 | 403:
            kind = errors.NotAllowed
        case 404:
            kind = errors.NotFound
        case 409:
            kind = errors.LeaseConflict if code == "lease_conflict" else errors.Conflict
        case _ if status in _TRY_LATER:
            kind = errors.Busy
        case _:
            kind = errors.ServerError if status >= 500 else errors.Invalid
    details = told.get("details")
    return kind(
        message if isinstance(message, str) and code else _gateway_message(status, message),
        status=status,
        code=code if isinstance(code, str) else f"http_{status}",
        details=[each for each in details if isinstance(each, dict)] if isinstance(details, list) else (),
        retry_after=_seconds(reply.headers.get("retry-after")),
    )


def _envelope(reply: Reply) -> Mapping[str, Any]:
    """The contract's error, or a gateway's `{"message"}`, or nothing."""
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return {}
    if not isinstance(answer, dict):
        return {}
    told = answer.get("error", answer)
    return told if isinstance(told, dict) else {}


def _gateway_message(status: int, message: Any) -> str:
    """Words for what API Gateway, or a proxy, says by itself."""
    if status in (401, 403):
        return "the token is missing, unknown, expired or revoked, or its role does not allow this"
    said = f": {message}" if isinstance(message, str) and message else ""
    if status == 404:
        return f"there is nothing at this address{said}; is the API's URL right?"
    return f"the server answered {status}{said}"


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; its other form, a date, would need a clock that agrees with the server's."""
    return float(text) if text is not None and text.isdecimal() else None
