"""Answers, and every error in its one envelope."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from leasehold.errors import LeaseholdError
from leasehold.http.request import Request

Answer = dict[str, Any]
Endpoint = Callable[[Request], Answer]

_JSON_HEADERS = {"content-type": "application/json", "cache-control": "no-store"}


def json_answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body; never cached, since all of it changes."""
    return {
        "statusCode": status,
        "headers": {**_JSON_HEADERS, **(headers or {})},
        "body": json.dumps(body, ensure_ascii=True, separators=(",", ":")),
    }


def error_answer(error: LeaseholdError) -> Answer:
    """The envelope of an error."""
    told: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.details:
        told["details"] = list(error.details)
    headers = {} if error.retry_after_seconds is None else {"retry-after": str(error.retry_after_seconds)}
    return json_answer(error.status, {"error": told}, headers)


def server_error() -> Answer:
    """The envelope of a bug: it says nothing of what is inside."""
    message = "something went wrong on our side; the request can be sent again, and the logs know more"
    return json_answer(500, {"error": {"code": "server_error", "message": message}})
