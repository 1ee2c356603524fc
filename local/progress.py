"""Showing what goes on: a line a step, with its time."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(line: str = "") -> None:
    """A line for the user, at once."""
    print(line, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """A step of the work: its title when it begins, its time when it is done."""
    started = time.monotonic()
    sys.stdout.write(f"  {title:.<52} ")
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        say("failed")
        raise
    say(f"{time.monotonic() - started:5.1f} s")
