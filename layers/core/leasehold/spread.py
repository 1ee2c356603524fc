"""How far from the head of its queue a process picks jobs, so that many workers don't all want the first one.

Alone, a process takes the job that is due first. A refused write says that others take jobs here too, and what it
saw of them is old by the time of its own write: with k leases made meanwhile, a pick among the first n jobs is refused
k times in n. So each refusal widens the pick and each lease narrows it a little, until about one write in ten is
refused, however many workers there are. After a calm time the order is strict again, and in a queue of a few jobs it
always is: there is little to spread over, and anybody can see whether they come in order.

Processes share nothing: each learns from its own refusals, and learns fast, since a lease call can be its first one.
"""

from dataclasses import dataclass
from typing import Final

from leasehold.times import SECOND, Clock

ALONE: Final = 1
# Jobs of a queue so short that they are tried in order.
FEW: Final = 32
FIRST_WIDTH: Final = 64
GROWTH: Final = 4
SHRINKAGE: Final = 0.93
# Index entries are about 250 bytes: this many cost 6 read units, and a refused write costs as much as 5.
WIDEST: Final = 200
CALM: Final = 10 * SECOND


@dataclass(slots=True)
class _Width:
    jobs: float
    refused_at: int


class Spread:
    """The width of the pick for each job type, as one process knows it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._widths: dict[str, _Width] = {}

    def width(self, job_type: str) -> int:
        """Among how many of the first due jobs to pick one; `ALONE` is the first and no other."""
        known = self._widths.get(job_type)
        if known is None or self._clock() - known.refused_at > CALM:
            return ALONE
        return int(known.jobs)

    def refused(self, job_type: str) -> None:
        """Another process was faster with a job of that type."""
        width = max(FIRST_WIDTH, min(WIDEST, self.width(job_type) * GROWTH))
        self._widths[job_type] = _Width(width, self._clock())

    def leased(self, job_type: str) -> None:
        """A job of that type was had at the first try."""
        known = self._widths.get(job_type)
        if known is not None:
            known.jobs = max(float(ALONE), known.jobs * SHRINKAGE)
