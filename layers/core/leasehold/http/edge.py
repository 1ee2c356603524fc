"""From an event of API Gateway to an answer: the one place where errors become HTTP.

API Gateway has chosen the route already, so an endpoint is found by its name; there is nothing to match.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from leasehold.errors import LeaseholdError
from leasehold.http.answers import Answer, Endpoint, error_answer, server_error
from leasehold.http.request import Request
from leasehold.ids import is_id
from leasehold.log import Log

# What the id in a path is the id of, as the log calls it.
_SUBJECTS: Final = {"jobs": "correlation_id", "assets": "asset_id", "tokens": "subject_token_id"}


def answer(event: Mapping[str, Any], context: Any, endpoints: Mapping[str, Endpoint], log: Log) -> Answer:
    """The answer of the endpoint that the event's route names, logged in one line."""
    request = Request.of(event)
    asked_by = event.get("requestContext", {})
    log.begin(context, request_id=asked_by.get("requestId"), token_id=request.caller.token_id or None)
    if request.route in endpoints and is_id(request.id):
        log.about(**{_SUBJECTS[request.route.split("/")[1]]: request.id})
    made = answered(lambda: endpoints[request.route](request), log)
    log.info("answered", route=request.route, status=made["statusCode"])
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
