"""From an endpoint's outcome to an answer: the one place where errors become HTTP."""

from collections.abc import Callable

from leasehold.errors import LeaseholdError
from leasehold.http.answers import Answer, error_answer, server_error
from leasehold.observe import logger


def answered(work: Callable[[], Answer]) -> Answer:
    """The answer of the work, or the envelope of what went wrong in it."""
    try:
        return work()
    except LeaseholdError as error:
        logger.info("refused", code=error.code, status=error.status, reason=error.message)
        return error_answer(error)
    except Exception:
        logger.exception("failed")
        return server_error()
