"""A request as API Gateway hands it over, read with suspicion."""

import base64
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Self

from leasehold.access import Caller
from leasehold.errors import Invalid, MalformedJson, invalid_field
from leasehold.jobs import Reporter
from leasehold.worker import checked_worker_id

# What is read must be written again, a level or two deeper and by whatever client: far from any parser's own limit.
DEEPEST: Final = 100
# Of a whole number: Python's own limit, unless somebody has set another.
MOST_DIGITS: Final = sys.get_int_max_str_digits()


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case; a query parameter sent twice is joined by a comma."""

    route: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    path: Mapping[str, str]
    body: bytes
    caller: Caller

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """The request of an API Gateway event."""
        context = event.get("requestContext", {})
        text = event.get("body") or ""
        try:
            encoded = event.get("isBase64Encoded")
            body = base64.b64decode(text, validate=True) if encoded else text.encode("utf-8", "surrogatepass")
        except ValueError:
            body = b"\xff"  # no JSON either, and refused as such
        return cls(
            route=event.get("routeKey", ""),
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            query=event.get("queryStringParameters") or {},
            path=event.get("pathParameters") or {},
            body=body,
            caller=caller_of(context.get("authorizer", {}).get("lambda") or {}),
        )

    @property
    def id(self) -> str:
        """The id in the path."""
        return self.path.get("id", "")

    def worker_id(self) -> str:
        """The X-Worker-Id header, checked, and allowed to this token."""
        worker_id = checked_worker_id(self.headers.get("x-worker-id"))
        self.caller.check_worker(worker_id)
        return worker_id

    def reporter(self) -> Reporter:
        """The worker that reports with this request."""
        return Reporter(self.id, self.worker_id(), self.headers.get("x-lease-token"), self.caller)

    def json_object(self, *, optional: bool = False) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty object where that is `optional`.

        Raises MalformedJson where it is no JSON, Invalid where it is JSON but no object, or holds a number too long.
        """
        if optional and not self.body.strip():
            return {}
        try:
            value = json.loads(self.body, parse_constant=_refuse_constant)
            if self.body.count(b"[") + self.body.count(b"{") > DEEPEST and _is_deeper(value, DEEPEST):
                raise RecursionError
        except RecursionError:
            raise MalformedJson(f"the body is nested too deep: at most {DEEPEST} levels are read") from None
        except (json.JSONDecodeError, UnicodeDecodeError, _NoValue) as fault:
            raise MalformedJson(f"the body is no JSON: {_place_of(fault)}") from None
        except ValueError:  # Python's own: more digits take ever longer to read, by the square of their number
            raise invalid_field("body", f"a whole number in it has more than {MOST_DIGITS:,} digits") from None
        if not isinstance(value, dict):
            raise Invalid(
                "the body must be a JSON object",
                details=[{"field": "body", "message": f"is a JSON {_JSON_NAMES[type(value)]}, not an object"}],
            )
        return value


def caller_of(context: Mapping[str, Any]) -> Caller:
    """Who the authorizer says has sent the request."""
    return Caller(
        token_id=str(context.get("tokenId", "")),
        role=str(context.get("role", "")),
        types=tuple(json.loads(context.get("types") or "[]")),
        worker_ids=tuple(json.loads(context.get("workerIds") or "[]")),
    )


_JSON_NAMES = {list: "array", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether arrays and objects stand in one another more than `levels` deep."""
    within = [value]
    for _ in range(levels):
        inner = (each.values() if isinstance(each, dict) else each for each in within)
        within = [each for several in inner for each in several if isinstance(each, dict | list)]
        if not within:
            return False
    return True


class _NoValue(ValueError):
    """A word that Python takes for a number, and JSON does not know."""


def _refuse_constant(name: str) -> NoReturn:
    raise _NoValue(f"{name} is not a JSON value")


def _place_of(fault: ValueError) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return f"{fault.msg} at line {fault.lineno}, column {fault.colno}"
    if isinstance(fault, UnicodeDecodeError):
        return "it is not UTF-8"
    return str(fault)[:100]
