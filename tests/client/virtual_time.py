"""An asyncio loop whose time jumps to the next timer when nothing else is to be done: an hour takes no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.moment = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.moment


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            # Only another thread can bring news now; a test that hangs here is ended by its own timeout.
            return super().select(10)
        ready = super().select(0)
        if not ready and timeout > 0:
            self._loop.moment += timeout
        return ready


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of the work, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def now() -> float:
    """The running loop's time in seconds; 0 at its start."""
    return asyncio.get_running_loop().time()
