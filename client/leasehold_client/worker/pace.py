"""When to ask for jobs again: at once while there are some, and after growing waits while there are none."""

from dataclasses import dataclass
from typing import Final

from leasehold_client.exchange import Draw

_SHORTEST: Final = 0.1


@dataclass(slots=True)
class Pace:
    """The waits between polls. After the n-th empty answer in a row the wait is drawn from `[d/2, d]` seconds,
    `d = min(longest, 0.1 * 2^n)`: the chance keeps a fleet that was started together from asking together.
    """

    longest: float
    draw: Draw
    in_a_row: int = 0

    def after(self, *, jobs: int) -> float:
        """The wait in seconds after an answer with so many jobs."""
        if jobs:
            self.in_a_row = 0
            return 0.0
        self.in_a_row += 1
        longest = min(self.longest, _SHORTEST * 2.0 ** min(self.in_a_row, 60))
        return self.draw(longest / 2, longest)
