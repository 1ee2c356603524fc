"""The time that a picture may take, looked at between the steps of the work."""

from __future__ import annotations

import time
from collections.abc import Callable

from .errors import ImageTooLarge


class Deadline:
    """Starts now. A step that never comes back can't be stopped from within: `contained` can."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def check(self) -> None:
        """Raises ImageTooLarge once the time is up."""
        if self._clock() > self._end:
            raise out_of_time(self._seconds)


def out_of_time(seconds: float) -> ImageTooLarge:
    return ImageTooLarge(f"the picture takes longer than the {seconds:g} seconds that are allowed")
