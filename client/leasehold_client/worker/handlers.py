"""Handlers: the functions that users write, by job type, and the two ways to run them."""

import asyncio
import contextvars
import re
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeVar

from leasehold_client.worker.outcome import Outcome, raised, returned
from leasehold_client.worker.running import RunningJob

Handler = Callable[[RunningJob], Any]
H = TypeVar("H", bound=Handler)

_TYPE_NAME: Final = re.compile(r"[a-z0-9._-]{1,64}")


class Handlers:
    """A handler a job type."""

    def __init__(self) -> None:
        self._by_type: dict[str, Handler] = {}

    def add(self, job_type: str, handler: Handler) -> None:
        """Raises ValueError where the type has a handler already, or is no name of a type."""
        if not _TYPE_NAME.fullmatch(job_type):
            raise ValueError(f"{job_type!r} is no job type: a name is 1 to 64 of a-z 0-9 . _ -")
        if job_type in self._by_type:
            raise ValueError(f"the job type {job_type} has two handlers in this worker")
        self._by_type[job_type] = handler

    @property
    def types(self) -> list[str]:
        """The job types, in the order of their handlers."""
        return list(self._by_type)

    def __getitem__(self, job_type: str) -> Handler:
        return self._by_type[job_type]


class Runner(Protocol):
    """Runs a handler. It never raises, and what it returns can be awaited, and cancelled to let go of it."""

    def __call__(self, handler: Handler, running: RunningJob) -> "asyncio.Future[Outcome]":
        """The outcome to come."""
        ...


def in_thread(handler: Handler, running: RunningJob) -> "asyncio.Future[Outcome]":
    """Run a plain function in a thread of its own. Cancelled, the thread goes on, but nobody listens any more.

    The threads are daemons: a handler that never ends can't keep the process from ending.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Outcome] = loop.create_future()
    context = contextvars.copy_context()

    def settle(outcome: Outcome) -> None:
        if not future.done():
            future.set_result(outcome)

    def work() -> None:
        try:
            outcome = returned(context.run(handler, running))
        except BaseException as fault:  # also SystemExit: a handler must not end its worker
            outcome = raised(fault)
        # A loop that is closed has nobody who waits.
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, outcome)

    threading.Thread(target=work, name=f"leasehold {running.id}", daemon=True).start()
    return future


def in_task(handler: Callable[[RunningJob], Awaitable[Any]], running: RunningJob) -> "asyncio.Future[Outcome]":
    """Run a coroutine function as a task. Cancelled, it sees CancelledError at its next await."""

    async def work() -> Outcome:
        try:
            return returned(await handler(running))
        except asyncio.CancelledError:
            raise
        except BaseException as fault:
            return raised(fault)

    return asyncio.create_task(work(), name=f"leasehold {running.id}")
