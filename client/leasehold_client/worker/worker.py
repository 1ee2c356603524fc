"""Workers as a program writes them: functions by job type, and one call that serves until it is told to stop."""

import asyncio
import contextlib
import inspect
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from leasehold_client.connection import Connection
from leasehold_client.exchange import Draw, Patience
from leasehold_client.worker.engine import Engine, Habits
from leasehold_client.worker.handlers import H, Handlers, Runner, in_task, in_thread
from leasehold_client.worker.identity import checked_worker_id, new_worker_id
from leasehold_client.worker.timing import Timing

if TYPE_CHECKING:
    import httpx

_STOPPING_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class _Base:
    """What both kinds of worker share: settings, handlers, and being stopped."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        worker_id: str | None = None,
        concurrency: int = 4,
        wait: float = 5.0,
        longest_pause: float = 2.0,
        lease_seconds: int | None = None,
        grace: float = 20.0,
        timing: Timing | None = None,
        draw: Draw = random.uniform,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        """Nothing is connected yet, so a module may make a worker when it is imported.

        `url` and `token`: as of `Client`, with the worker's token of `.local/stack.json`. `worker_id`: 5 to 128 of
        `A-Z a-z 0-9 . _ : -`; `host:pid:random` where none is given. `concurrency`: how many jobs at once. `wait`: how
        many seconds the API may hold a poll back until there is a job, 0 to 20. `longest_pause`: the longest wait
        between two polls that bring nothing. `lease_seconds`: how long a dead worker's job stays put; None takes the
        type's setting. `grace`: how many seconds running jobs get to finish after a stop, before they are released; 5
        more are kept for the last reports. `timing`, `draw`, `transport`: clock, chance and network, for tests.
        Raises ValueError for settings that can't be.
        """
        if concurrency < 1:
            raise ValueError(f"concurrency is {concurrency}; it must be 1 or more")
        if not 0 <= wait <= 20:
            raise ValueError(f"wait is {wait}; it must be 0 to 20 seconds")
        if grace < 0 or longest_pause <= 0:
            raise ValueError("grace must be 0 or more seconds, longest_pause more than 0")
        self.worker_id = checked_worker_id(worker_id or new_worker_id())
        self._url = url
        self._token = token
        self._habits = Habits(self.worker_id, concurrency, wait, longest_pause, lease_seconds, grace)
        self._timing = timing or Timing()
        self._draw = draw
        self._transport = transport
        self._handlers = Handlers()
        self._stops = 0
        self._stop_now: Callable[[], Any] | None = None
        self._stop_lock = threading.Lock()

    def configure(self, *, url: str | None = None, token: str | None = None, concurrency: int | None = None) -> None:
        """Replace settings before `run`; None leaves one as it is. How the command line has its say."""
        self._url = url or self._url
        self._token = token or self._token
        self._habits = replace(self._habits, concurrency=concurrency or self._habits.concurrency)

    @property
    def types(self) -> list[str]:
        """The job types this worker has handlers for."""
        return self._handlers.types

    def stop(self) -> None:
        """Take no more jobs and let `run` return once those at hand are done; called again, release them at once.

        Safe to call from any thread, and before `run`.
        """
        with self._stop_lock:
            self._stops += 1
            if self._stop_now is not None:
                self._stop_now()

    async def _serve(self, runner: Runner, *, interrupts: bool) -> None:
        from leasehold_client.async_client import AsyncClient

        if not self.types:
            raise ValueError('this worker has no handlers: give it one with @worker.task("a.type")')
        connection = Connection.find(self._url, self._token, role="worker")
        # One try a call: what to do after a failed one is the engine's to decide.
        async with AsyncClient(
            connection.url, connection.token, patience=Patience(tries=1), transport=self._transport
        ) as client:
            engine = Engine(
                client,
                self._handlers,
                runner,
                self._habits,
                timing=self._timing,
                draw=self._draw,
                interrupts=interrupts,
            )
            with self._stoppable(engine):
                await engine.run()

    @contextmanager
    def _stoppable(self, engine: Engine) -> Iterator[None]:
        """While it lasts, `stop` and the signals reach the engine."""
        loop = asyncio.get_running_loop()
        with self._stop_lock:
            for _ in range(self._stops):
                engine.stop()
            self._stop_now = lambda: loop.call_soon_threadsafe(engine.stop)
        caught = []
        if threading.current_thread() is threading.main_thread():
            # Windows' loops know no signals; Ctrl-C ends the program there as any other.
            with contextlib.suppress(NotImplementedError):
                for number in _STOPPING_SIGNALS:
                    loop.add_signal_handler(number, engine.stop)
                    caught.append(number)
        try:
            yield
        finally:
            for number in caught:
                loop.remove_signal_handler(number)
            with self._stop_lock:
                self._stop_now = None
                self._stops = 0


class Worker(_Base):
    """Leases jobs and runs a function for each, in threads.

        worker = Worker()

        @worker.task("report.render")
        def render(job):
            return {"pages": 3}

        worker.run()

    What a function returns (a dict, or None) is the job's result. What it raises fails the attempt, to be tried again
    later; `Retry`, `Reject` and `Release` say more. A job is delivered at least once: a worker that dies, or stops
    answering, loses its lease and the job runs again elsewhere.
    """

    def task(self, job_type: str) -> Callable[[H], H]:
        """Register the function for jobs of that type. Raises ValueError for a second, TypeError for a wrong kind."""

        def register(handler: H) -> H:
            if inspect.iscoroutinefunction(handler):
                raise TypeError(f"{handler.__name__} is a coroutine function: use AsyncWorker for it")
            self._handlers.add(job_type, handler)
            return handler

        return register

    def run(self) -> None:
        """Serve until `stop`, SIGTERM or SIGINT. Raises NotAllowed or Invalid where the API refuses this worker."""
        asyncio.run(self._serve(in_thread, interrupts=False))


class AsyncWorker(_Base):
    """`Worker` for coroutine functions, all on one event loop. A job that is cancelled has its task cancelled.

    worker = AsyncWorker()

    @worker.task("page.fetch")
    async def fetch(job): ...

    asyncio.run(worker.run())
    """

    def task(self, job_type: str) -> Callable[[H], H]:
        """Register the coroutine function for jobs of that type. Raises as `Worker.task` does."""

        def register(handler: H) -> H:
            if not inspect.iscoroutinefunction(handler):
                raise TypeError(f"{handler!r} is no coroutine function: use Worker for it")
            self._handlers.add(job_type, handler)
            return handler

        return register

    async def run(self) -> None:
        """Serve until `stop`, SIGTERM or SIGINT. Raises NotAllowed or Invalid where the API refuses this worker."""
        await self._serve(in_task, interrupts=True)
