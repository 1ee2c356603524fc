"""The worker's life: poll while there is room, run what comes, stop in good order.

    polling ──stop──▶ finishing ──grace is over, or stopped again──▶ releasing ──▶ over
       │                  │ all done                                                ▲
       │                  └─────────────────────────────────────────────────────────┤
       └──the token or a type is refused──▶ finishing, and the error is raised ─────┘

All of it runs on one asyncio loop, whatever the handlers are, so nothing here needs a lock.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from leasehold_client import calls
from leasehold_client.errors import ApiError, BadAnswer, Busy, ServerError, Unreachable
from leasehold_client.exchange import Draw, Patience
from leasehold_client.models import Job
from leasehold_client.worker.handlers import Handlers, Runner
from leasehold_client.worker.heart import Heart, Sender
from leasehold_client.worker.logs import logger
from leasehold_client.worker.outcome import Failed, Outcome, Released, Stopped
from leasehold_client.worker.pace import Pace
from leasehold_client.worker.reports import Reports, facts
from leasehold_client.worker.running import LeaseLost, RunningJob
from leasehold_client.worker.timing import Timing

_MOST_AT_ONCE: Final = 10  # the API leases no more in one call
# After the grace: time for the last reports.
LAST_WORDS_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How a worker behaves. Times in seconds."""

    worker_id: str
    concurrency: int
    wait: float
    longest_pause: float
    lease_seconds: int | None
    grace: float


class Engine:
    """One worker while it runs."""

    def __init__(
        self,
        sender: Sender,
        handlers: Handlers,
        runner: Runner,
        habits: Habits,
        *,
        timing: Timing,
        draw: Draw,
        interrupts: bool,
    ) -> None:
        """`interrupts`: whether a handler is cancelled, or only told, when its job is cancelled or its lease lost."""
        self._sender = sender
        self._handlers = handlers
        self._runner = runner
        self._habits = habits
        self._timing = timing
        self._draw = draw
        self._interrupts = interrupts
        self._patience = Patience(base=0.5, cap=30, draw=draw)
        self._reports = Reports(sender, habits.worker_id, timing=timing, patience=self._patience)
        self._running: set[RunningJob] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._given_up = asyncio.Event()
        self._over = asyncio.Event()

    def stop(self) -> None:
        """Take no more jobs and finish those at hand; called again, release them now."""
        if self._stopping.is_set():
            self._hurry.set()
            return
        self._stopping.set()
        self._changed.set()
        for each in self._running:
            each.announce_stop()

    async def run(self) -> None:
        """Work until `stop`. Raises the ApiError by which the API refuses this worker altogether."""
        logger.info("working", extra={"worker_id": self._habits.worker_id, "types": ",".join(self._handlers.types)})
        poller = self._spawn(self._poll())
        try:
            # A poller that ends by itself was refused.
            await asyncio.wait({poller, asyncio.ensure_future(self._stopping.wait())}, return_when="FIRST_COMPLETED")
            if not self._stopping.is_set():
                self.stop()
            await self._finish()
        finally:
            left = list(self._tasks)
            for each in left:
                each.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        if not poller.cancelled():
            poller.result()

    async def _finish(self) -> None:
        logger.info("stopping", extra={"worker_id": self._habits.worker_id, "jobs": len(self._running)})
        watch = asyncio.create_task(self._watch_for_the_end())
        await self._timing.until(self._habits.grace, self._over, self._hurry)
        if not self._over.is_set():
            self._given_up.set()
            if not await self._timing.until(LAST_WORDS_SECONDS, self._over):
                left = ",".join(sorted(each.id for each in self._running))
                logger.error("stopped without having reported; the leases will run out", extra={"job_ids": left})
        watch.cancel()
        logger.info("stopped", extra={"worker_id": self._habits.worker_id})

    async def _watch_for_the_end(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)
        self._over.set()

    # -- polling ------------------------------------------------------------------------------------------------

    async def _poll(self) -> None:
        pace = Pace(self._habits.longest_pause, self._draw)
        failures = 0
        while not self._stopping.is_set():
            room = self._habits.concurrency - len(self._running)
            if room <= 0:
                self._changed.clear()
                await self._changed.wait()
                continue
            asked_at = self._timing.now()
            try:
                jobs = await self._sender.send(
                    calls.lease(
                        self._handlers.types,
                        worker_id=self._habits.worker_id,
                        max_jobs=min(room, _MOST_AT_ONCE),
                        lease_seconds=self._habits.lease_seconds,
                        wait_seconds=self._habits.wait,
                    )
                )
            except (Unreachable, Busy, ServerError, BadAnswer) as fault:
                failures += 1
                pause = self._patience.pause(failures, fault.retry_after if isinstance(fault, ApiError) else None)
                logger.warning("can't lease", extra={"reason": fault.message, "again_in": round(pause, 1)})
            else:
                failures = 0
                pause = pace.after(jobs=len(jobs))
                for job in jobs:
                    self._take(job, late_by=self._timing.now() - asked_at)
            await self._timing.until(pause, self._stopping)

    def _take(self, job: Job, *, late_by: float) -> None:
        if self._stopping.is_set():
            # A poll under way can't be called back without stranding what it brings, so that goes back at once.
            self._spawn(self._reports.tell(job, Released()))
            return
        running = RunningJob(job)
        self._running.add(running)
        self._spawn(self._work(running, late_by))

    # -- working ------------------------------------------------------------------------------------------------

    async def _work(self, running: RunningJob, late_by: float) -> None:
        loop = asyncio.get_running_loop()
        heart = Heart(
            self._sender, running, self._habits.worker_id, timing=self._timing, draw=self._draw, late_by=late_by
        )
        running.on_news(lambda: loop.call_soon_threadsafe(heart.hasten))
        started_at = self._timing.now()
        logger.info("started", extra=facts(running.job))
        try:
            outcome = await self._outcome(running, heart)
            seconds = round(self._timing.now() - started_at, 3)
            if isinstance(outcome, Failed):
                told = {"code": outcome.code, "reason": outcome.message, "retryable": outcome.retryable}
                logger.warning("failed", extra={**facts(running.job), **told, "seconds": seconds})
            await self._reports.tell(running.job, outcome)
        finally:
            self._running.discard(running)
            self._changed.set()

    async def _outcome(self, running: RunningJob, heart: Heart) -> Outcome:
        """What comes of a job: of its handler, or of a cancellation, a lost lease or the end of the grace."""
        result = self._runner(self._handlers[running.type], running)
        beating = asyncio.create_task(heart.beat())
        given_up = asyncio.create_task(self._given_up.wait())
        ends: set[asyncio.Future[Any]] = {result, given_up}
        try:
            await asyncio.wait({*ends, beating}, return_when=asyncio.FIRST_COMPLETED)
            if self._interrupts and running.stop_reason is not None:
                result.cancel()
            # A thread can't be interrupted: its place stays taken until it looks, and comes back.
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            beating.cancel()
            given_up.cancel()
        if result.done() and not result.cancelled():
            return result.result()
        if running.stop_reason is not None:
            return Stopped(str(running.stop_reason))
        if result.cancelled():
            return Failed("CancelledError: the handler cancelled itself", "cancelled_error")
        running.stop(LeaseLost("the worker stops and has released the job"))
        result.cancel()
        return Released()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
