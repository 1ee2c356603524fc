"""`python -m local up | down | run`, by way of the Makefile."""

import argparse
import fcntl
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from local import api, demo, deployment, server
from local.progress import say, step
from local.settings import Settings, Trouble


def main() -> int:
    """Run one command; 0, or 1 with a message for the user."""
    parser = argparse.ArgumentParser(prog="local", description="The embedded stack.")
    parser.add_argument("command", choices=["up", "down", "run"])
    command = parser.parse_args().command
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_interrupt)
    try:
        settings = Settings.from_environment()
        settings.folder.mkdir(parents=True, exist_ok=True)
        os.environ.update(settings.environment())  # a proxy of the user's must not get between us and loopback
        if command == "up":
            up(settings)
        elif command == "down":
            down(settings)
        else:
            run(settings, stopped)
    except Trouble as trouble:
        say(f"\n{trouble}")
        return 1
    except KeyboardInterrupt:
        say("\nstopped")
        return 0 if command == "run" else 130  # Ctrl-C is how a run ends
    return 0


def up(settings: Settings) -> dict[str, Any]:
    """Bring the stack up in the background; a second `up` finds it there, and deploys what has changed since."""
    with _alone(settings):
        return _up(settings)


def _up(settings: Settings) -> dict[str, Any]:
    pid = None
    description = _described(settings)
    if description is not None and server.is_running(settings):
        was = description.get("fingerprint"), description.get("parameters")
        if was == (deployment.fingerprint(), list(settings.parameters)):
            say(f"the stack is up already at {settings.endpoint}; its description: {settings.description}")
            return description
        say("the stack is up; deploying what has changed")
        pid = int(description["pid"])
        deployment.publish(settings, description | {"fingerprint": None})  # until it is done, it is not known how it is
    was_up = pid is not None
    deployment.build(settings)
    try:
        if pid is None:
            settings.description.unlink(missing_ok=True)
            with step(f"starting MiniStack at {settings.endpoint}"):
                pid = server.start(settings)
        deployment.deploy(settings)
        with step("minting tokens"):
            description = deployment.describe(settings, pid)
        with step("waiting for the API"):
            api.wait(description["apiUrl"])
        deployment.publish(settings, description)
    except BaseException:
        if not was_up:  # a stack that is half there would only puzzle whoever finds it
            server.stop(settings)
        raise
    say(f"\n  API        {description['apiUrl']}")
    say(f"  console    {description['consoleUrl']}")
    say(f"  token      {description['tokens']['admin']}   (admin; all tokens: {settings.description})")
    return description


def down(settings: Settings) -> None:
    """End the stack."""
    settings.description.unlink(missing_ok=True)
    say("the stack is down" if server.stop(settings) else "no stack was up")


def run(settings: Settings, stopped: threading.Event) -> None:
    """Bring the stack up, show a picture going through, and serve until Ctrl-C."""
    stack = up(settings)
    try:
        demo.show(settings, stack)
        say("\n  yours      .venv/bin/leasehold upload PICTURE...")
        say("\nserving; end with Ctrl-C")
        while server.is_alive(settings):
            stopped.wait(2)
        raise Trouble(f"MiniStack has ended by itself; its last words:\n{server.last_words(settings)}")
    finally:
        down(settings)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One `up` of a folder at a time: another waits, and finds the stack there."""
    with (settings.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _described(settings: Settings) -> dict[str, Any] | None:
    """What the folder's file says of its stack, if that lives. Raises Trouble where it is at another port."""
    if not server.is_alive(settings) or not settings.description.exists():
        return None
    description: dict[str, Any] = json.loads(settings.description.read_text())
    if description["endpointUrl"] != settings.endpoint:
        raise Trouble(
            f"a stack is up already at {description['endpointUrl']}. End it with `make down`, or give this one a folder"
            f" of its own: LEASEHOLD_FOLDER={settings.folder}-{settings.port} LEASEHOLD_PORT={settings.port} make up"
        )
    return description


def _raise_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
