"""Heartbeats: they hold the lease while a handler runs, carry its progress, and bring the news of a cancellation."""

import asyncio
import dataclasses
from typing import Final, Protocol, TypeVar

from leasehold_client import calls
from leasehold_client.calls import Call
from leasehold_client.errors import LeaseConflict, LeaseholdError
from leasehold_client.exchange import Draw
from leasehold_client.worker.logs import logger
from leasehold_client.worker.running import Cancelled, LeaseLost, RunningJob
from leasehold_client.worker.timing import Timing

T = TypeVar("T")

# How often progress may hasten a heartbeat: each one is a write.
_BETWEEN_NEWS: Final = 2.0
_SLOWEST_ANSWER: Final = 20.0
# Leases nobody told the duration of: the shortest default there is.
_USUAL_LEASE: Final = 120.0


class Sender(Protocol):
    """What sends a call: `AsyncClient`."""

    async def send(self, call: Call[T]) -> T:
        """The result, or one of `leasehold_client.errors`."""
        ...


class Heart:
    """Beats at a third of the lease, so that one lost beat does no harm, until it is cancelled or told to stop.

    Beats that get no answer are repeated sooner. A refused one means that the lease is gone.
    """

    def __init__(
        self, sender: Sender, running: RunningJob, worker_id: str, *, timing: Timing, draw: Draw, late_by: float
    ) -> None:
        lease = max(running.job.lease_seconds or _USUAL_LEASE, 0.1)
        self._sender = sender
        self._running = running
        self._worker_id = worker_id
        self._timing = timing
        self._draw = draw
        self._interval = lease / 3
        # An answer that took long has used up some of the lease on its way.
        self._first = max(0.0, self._interval - late_by)
        self._hastened = asyncio.Event()

    def hasten(self) -> None:
        """There is news to tell: beat before long."""
        self._hastened.set()

    async def beat(self) -> None:
        """Beat until there is no use in it."""
        wait = self._first
        while True:
            if await self._timing.until(wait, self._hastened):
                # News may come by the thousand; what is told of it is the latest, and not too often.
                await self._timing.sleep(min(_BETWEEN_NEWS, wait))
            self._hastened.clear()
            try:
                cancelled = await self._beat_once()
            except LeaseConflict as conflict:
                logger.warning("the lease is lost", extra={"job_id": self._running.id, "reason": conflict.message})
                self._running.stop(LeaseLost(conflict.message))
                return
            except LeaseholdError as fault:
                logger.warning("no heartbeat", extra={"job_id": self._running.id, "reason": fault.message})
                wait = self._draw(self._interval / 6, self._interval / 3)
            else:
                if cancelled:
                    logger.info("the job was cancelled", extra={"job_id": self._running.id})
                    self._running.stop(Cancelled("the job was cancelled"))
                    return
                wait = self._interval

    async def _beat_once(self) -> bool:
        progress, message = self._running.news()
        call = calls.heartbeat(
            self._running.id,
            worker_id=self._worker_id,
            lease_token=self._running.job.lease_token,
            progress=progress,
            message=message,
        )
        # Two beats must fit into what is left of the lease, however slow the API is.
        patience = min(_SLOWEST_ANSWER, self._interval)
        return (await self._sender.send(dataclasses.replace(call, timeout=patience))).cancel_requested
