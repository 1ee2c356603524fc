"""From an event of API Gateway to an answer: the one place where errors become HTTP.

API Gateway has chosen the route already, so an endpoint is found by its name; there is nothing to match.
"""

from collections.abc import Callable, Mapping
from typing import Any

from leasehold.errors import LeaseholdError
from leasehold.http.answers import Answer, Endpoint, error_answer, server_error
from leasehold.http.request import Request
from leasehold.log import Log


def answer(event: Mapping[str, Any], context: Any, endpoints: Mapping[str, Endpoint], log: Log) -> Answer:
    """The answer of the endpoint that the event's route names, logged in one line."""
    log.begin(context, correlation_id=event.get("requestContext", {}).get("requestId"))
    request = Request.of(event)
    made = answered(lambda: endpoints[request.route](request), log)
    log.info("answered", route=request.route, status=made["statusCode"], job_id=request.path.get("id"))
    return made


def answered(work: Callable[[], Answer], log: Log) -> Answer:
    """The answer of the work, or the envelope of what went wrong in it."""
    try:
        return work()
    except LeaseholdError as error:
        log.info("refused", code=error.code, status=error.status, reason=error.message)
        return error_answer(error)
    except Exception:
        log.exception("failed")
        return server_error()
