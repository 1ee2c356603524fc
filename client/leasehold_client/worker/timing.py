"""Durations, never dates: a worker's clock may be off by an hour, so it only ever measures how long something took."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """A clock that only goes forward, in seconds from anywhere, and a way to sleep by it."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def until(self, seconds: float, *events: asyncio.Event) -> bool:
        """Wait for one of the events, for so many seconds at most; whether one has come."""
        if any(event.is_set() for event in events):
            return True
        if seconds <= 0:
            return False
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        waits_and_sleep = [*waits, asyncio.ensure_future(self._slept(seconds))]
        try:
            await asyncio.wait(waits_and_sleep, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits_and_sleep:
                each.cancel()
        return any(event.is_set() for event in events)

    async def _slept(self, seconds: float) -> bool:
        await self.sleep(seconds)
        return True
