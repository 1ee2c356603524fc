"""How long a job waits before it runs again."""

import random
from collections.abc import Callable
from dataclasses import dataclass

# A uniform draw from [low, high]; `random.uniform` in production, a fixed one in tests.
Draw = Callable[[float, float], float]

# 2**62 seconds is past any cap; a larger exponent would only cost memory.
_LARGEST_EXPONENT = 62

uniform: Draw = random.SystemRandom().uniform


def index_below(length: int, draw: Draw) -> int:
    """A uniform draw from 0 to `length - 1`."""
    return min(length - 1, int(draw(0, length)))


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with equal jitter, in seconds.

    After the n-th failure (n >= 1), with `d = min(cap, base * 2**(n - 1))`, the wait is drawn uniformly from
    `[d / 2, d]`: at least half of it is kept, so a struggling downstream gets its rest, and the other half spreads
    jobs that failed together.
    """

    base_seconds: float
    cap_seconds: float

    def longest_wait(self, failures: int) -> float:
        """`d` of the formula above."""
        exponent = min(max(failures, 1) - 1, _LARGEST_EXPONENT)
        return min(self.cap_seconds, self.base_seconds * 2.0**exponent)

    def wait(self, failures: int, draw: Draw) -> float:
        """Seconds to wait after the `failures`-th failure."""
        longest = self.longest_wait(failures)
        return draw(longest / 2, longest)
