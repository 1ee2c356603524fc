"""Instants: whole milliseconds since 1970 inside, ISO 8601 UTC with milliseconds and Z outside.

The written form has a fixed width up to the year 9999, so it sorts as the time does: DynamoDB keys rely on it.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], int]

SECOND = 1_000
DAY = 86_400 * SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = (datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


def wall_clock() -> int:
    """The present, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def written(instant: int) -> str:
    """`1_700_000_000_000` as `2023-11-14T22:13:20.000Z`; instants past the year 9999 as its last one."""
    moment = _EPOCH + timedelta(milliseconds=min(max(instant, 0), LATEST))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def read(text: str) -> int:
    """The instant of an ISO 8601 time that names its offset. Raises ValueError otherwise."""
    moment = datetime.fromisoformat(text.replace("z", "Z"))
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset from UTC, such as Z")
    return of(moment)


def of(moment: datetime) -> int:
    """The instant of an aware datetime."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
