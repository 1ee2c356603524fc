"""The same thumbnails, made where nothing can go wrong for the caller: in a worker process with hard limits.

A decoder that crashes, hangs or eats memory takes the worker with it, and the caller gets a PictureError. A
worker is kept for the next picture, so that only the first one waits for Python and the decoders to load;
each worker serves one caller at a time, so calls from many threads each have their own. Workers end with the
process that owns them.

It needs no shared memory, no fork of a threaded process and no file: two pipes are all, so it works in AWS
Lambda.
"""

from __future__ import annotations

import atexit
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from . import wire
from .deadline import out_of_time
from .errors import CorruptImage, ImageTooLarge, PictureError
from .limits import Limits
from .picture import Picture
from .sniff import sniff
from .variants import Variant

MOST_IDLE = 2
"""How many workers wait for the next picture; more of them end when their work is done."""

START_SECONDS = 60.0
"""How long a worker may take to load; on top of what the picture may take."""

_CHUNK = 1 << 20
_READY_LENGTH = 1


def make_thumbnails_contained(data: bytes, variants: Sequence[Variant], limits: Limits) -> Picture:
    """As `make_thumbnails`, within `max_memory` and `max_seconds` whatever the picture's bytes do.

    Raises PictureError and ValueError likewise, and WorkerError, which a retry can mend, when no worker
    could be started.
    """
    if not variants:
        raise ValueError("there is no variant to make")
    limits.check_bytes(len(data))
    sniff(data)
    worker = _take()
    try:
        outcome, retires = worker.exchange(wire.request(data, variants, limits), limits)
    except BaseException:
        worker.end()
        raise
    _give_back(worker, retires)
    if isinstance(outcome, PictureError):
        raise outcome
    return outcome


def start_worker() -> None:
    """Starts a worker ahead of the first picture, if none is waiting; returns at once, while it loads."""
    _give_back(_take(), retires=False)


class WorkerError(Exception):
    """The worker process could not be started or used; the picture is not to blame."""


class Worker:
    """One worker process and the two pipes to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this very interpreter and package
            [sys.executable, "-S", "-P", "-m", f"{__package__}.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            bufsize=0,
        )
        self._requests = cast(IO[bytes], self._process.stdin).fileno()
        self._replies = cast(IO[bytes], self._process.stdout).fileno()
        os.set_blocking(self._requests, False)
        self._is_ready = False

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def exchange(self, parts: tuple[bytes, bytes], limits: Limits) -> tuple[Picture | PictureError, bool]:
        """Sends a request and reads the reply. Raises PictureError where the picture ended the worker."""
        if not self._is_ready:
            self._await_ready()
        end = time.monotonic() + limits.max_seconds
        received = _Received()
        waiting = [memoryview(part) for part in parts if part]
        with selectors.DefaultSelector() as selector:
            selector.register(self._replies, selectors.EVENT_READ)
            selector.register(self._requests, selectors.EVENT_WRITE)
            while not received.is_whole:
                ready = selector.select(max(0.0, end - time.monotonic()))
                if not ready:
                    raise out_of_time(limits.max_seconds)
                for key, _ in ready:
                    if key.fd == self._requests:
                        self._send(waiting)
                        if not waiting:
                            selector.unregister(self._requests)
                    else:
                        self._receive(received)
        try:
            return wire.read_reply(received.head, received.body)
        except (ValueError, LookupError, TypeError):
            raise CorruptImage("the picture's decoder broke down on it") from None

    def end(self) -> None:
        """Ends the process, now; a second time is harmless."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _await_ready(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._replies, selectors.EVENT_READ)
            if not selector.select(START_SECONDS) or not os.read(self._replies, _READY_LENGTH):
                raise WorkerError("the process that makes the thumbnails did not start")
        self._is_ready = True

    def _send(self, waiting: list[memoryview]) -> None:
        try:
            sent = os.write(self._requests, waiting[0][:_CHUNK])
        except BrokenPipeError:
            raise self._cause_of_death() from None
        waiting[0] = waiting[0][sent:]
        if not waiting[0]:
            del waiting[0]

    def _receive(self, received: _Received) -> None:
        chunk = os.read(self._replies, _CHUNK)
        if not chunk:
            raise self._cause_of_death()
        received.add(chunk)

    def _cause_of_death(self) -> PictureError:
        status = self._process.wait()
        if status in (-signal.SIGKILL, -signal.SIGXCPU):
            return ImageTooLarge("the picture takes more memory or time than is allowed")
        return CorruptImage("the picture's decoder broke down on it")


class _Received:
    """A reply as it comes in."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, chunk: bytes) -> None:
        self._bytes += chunk

    @property
    def is_whole(self) -> bool:
        return len(self._bytes) >= wire.LENGTHS.size and len(self._bytes) >= sum(self._ends())

    @property
    def head(self) -> bytes:
        head, _ = self._ends()
        return bytes(self._bytes[wire.LENGTHS.size : head])

    @property
    def body(self) -> bytes:
        head, length = self._ends()
        return bytes(self._bytes[head : head + length])

    def _ends(self) -> tuple[int, int]:
        head, body = wire.LENGTHS.unpack_from(self._bytes)
        return wire.LENGTHS.size + head, body


_idle: list[Worker] = []
_lock = threading.Lock()


def _take() -> Worker:
    with _lock:
        while _idle:
            worker = _idle.pop()
            if worker.is_alive():
                return worker
            worker.end()
    try:
        return Worker()
    except OSError as fault:
        raise WorkerError("the process that makes the thumbnails could not be started") from fault


def _give_back(worker: Worker, retires: bool) -> None:
    if not retires:
        with _lock:
            if len(_idle) < MOST_IDLE:
                _idle.append(worker)
                return
    worker.end()


def end_workers() -> None:
    """Ends the workers that wait for a picture; the next picture starts a new one."""
    with _lock:
        while _idle:
            _idle.pop().end()


def _environment() -> dict[str, str]:
    """What Python and the decoders need to load, and nothing else: above all no credentials."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PATH", "LANG") if name in os.environ}
    here = str(Path(__file__).resolve().parent.parent)
    return kept | {
        "PYTHONPATH": os.pathsep.join([here, *filter(None, sys.path)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "2",
    }


atexit.register(end_workers)
os.register_at_fork(after_in_child=_idle.clear)
