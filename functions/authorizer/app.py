"""Token to role: may this caller use this route?

API Gateway keeps the answer for a few seconds, by Authorization header and route (`$context.routeKey`), so a token that
may read does not come to write by way of the cache. What a path or a body names is checked by the handlers.
"""

import json
import os
import time
from typing import Any

from leasehold import wiring
from leasehold.log import Log
from leasehold.times import wall_clock
from leasehold.tokens import parse_bearer

DENIED = {"isAuthorized": False}

log = Log(os.environ.get("POWERTOOLS_SERVICE_NAME", "authorizer"))
wiring.made_at_start(wiring.tokens)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A Lambda authorizer of payload format 2.0 with simple responses."""
    started = time.perf_counter()
    log.begin(context, request_id=event.get("requestContext", {}).get("requestId"))
    answer = _answer(event)
    log.info(
        "allowed" if answer["isAuthorized"] else "denied",
        route=event.get("routeKey"),
        token_id=answer.get("context", {}).get("tokenId"),
        milliseconds=round((time.perf_counter() - started) * 1000, 1),
    )
    return answer


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    bearer = parse_bearer(headers.get("authorization", ""))
    if bearer is None:
        return DENIED
    token_id, secret = bearer
    token = wiring.tokens().find(token_id)
    if token is None or not token.admits(secret, wall_clock()) or not token.caller.may_call(event["routeKey"]):
        return DENIED
    return {
        "isAuthorized": True,
        "context": {
            "tokenId": token.token_id,
            "role": token.role,
            "types": json.dumps(token.types),
            "workerIds": json.dumps(token.worker_ids),
        },
    }
