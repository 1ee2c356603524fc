"""Clients of AWS, made once for a process, and AWS's own faults in our words.

Each call is tried at most three times within seconds: a report that can't be written soon is better answered with 503
and sent again by its worker than kept hanging until API Gateway gives up on it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from leasehold.errors import Throttled, Unavailable

if TYPE_CHECKING:
    from leasehold.dynamodb import DynamoDb

TRIES: Final = 3
CONNECT_SECONDS: Final = 2
READ_SECONDS: Final = 10

THROTTLES: Final = frozenset({
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
def dynamodb() -> "DynamoDb":
    """The one client of DynamoDB."""
    from leasehold.dynamodb import DynamoDb

    return DynamoDb.of_environment()


@cache
def client(service: str) -> Any:
    """The one botocore client of another service. Its import is dear: functions that do without it never pay for it."""
    from botocore.config import Config

    return _session().create_client(
        service,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": TRIES},
            tcp_keepalive=True,
            # Of S3 clients get signed addresses: those of the bucket's own region, since the one of all regions
            # redirects a new bucket's for hours, which no signature survives; and signed as every bucket takes it.
            s3={"addressing_style": "virtual"},
            signature_version="s3v4" if service == "s3" else None,
        ),
    )


@cache
def _session() -> Any:
    from botocore.session import get_session

    return get_session()


@contextmanager
def faults_in_our_words() -> Iterator[None]:
    """Turn throttling into Throttled and outages into Unavailable; anything else is a bug and passes."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as fault:
        code = error_code(fault)
        if code in THROTTLES:
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
