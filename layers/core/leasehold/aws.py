"""boto3 clients, made once for a process, and AWS's own faults in our words.

Each call is tried at most three times within seconds: a report that can't be written soon is better answered with 503
and sent again by its worker than kept hanging until API Gateway gives up on it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from leasehold.errors import Throttled, Unavailable

_THROTTLES = frozenset({
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "SlowDown",
    "RequestThrottled",
    "KmsThrottled",
})  # fmt: skip
_OUTAGES = frozenset({"InternalServerError", "InternalFailure", "ServiceUnavailable", "InternalError", "503", "500"})


@cache
def client(service: str) -> Any:
    """The one client of that service. Imported here, so that a function which makes no call pays for no boto3."""
    import boto3
    from botocore.config import Config

    make: Any = boto3.client  # its stubs want a literal name
    return make(
        service,
        config=Config(
            connect_timeout=2,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 3},
            tcp_keepalive=True,
        ),
    )


@contextmanager
def faults_in_our_words() -> Iterator[None]:
    """Turn throttling into Throttled and outages into Unavailable; anything else is a bug and passes."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as fault:
        code = error_code(fault)
        if code in _THROTTLES:
            raise Throttled(
                "the service is receiving too many requests; try again after the time in Retry-After"
            ) from fault
        if code in _OUTAGES:
            raise Unavailable("a service behind this one is away; try again after the time in Retry-After") from fault
        raise
    except BotoCoreError as fault:
        raise Unavailable("a service behind this one can't be reached; try again after Retry-After") from fault


def error_code(fault: BaseException) -> str:
    """The code of a botocore ClientError, or an empty text."""
    response = getattr(fault, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def refused_item(fault: BaseException) -> dict[str, Any] | None:
    """The item that a refused condition of DynamoDB brought back (`ALL_OLD`), or None where there is none."""
    response: dict[str, Any] = getattr(fault, "response", None) or {}
    return response.get("Item")
