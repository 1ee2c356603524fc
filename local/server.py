"""The MiniStack process: started on loopback, watched, and ended by its process id."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from local.settings import ROOT, Settings, Trouble

_PYTHON = ROOT / ".venvs" / "ministack" / "bin" / "python"
_START_SECONDS = 60
_STOP_SECONDS = 15
_BUSY_SECONDS = 30


def is_running(settings: Settings) -> bool:
    """Whether this folder's server answers. A busy one is given some time."""
    give_up_at = time.monotonic() + _BUSY_SECONDS
    while is_alive(settings):
        if _answers(settings):
            return True
        if time.monotonic() > give_up_at:
            break
        time.sleep(0.1)
    return False


def is_alive(settings: Settings) -> bool:
    """Whether this folder's server is there, if perhaps too busy to answer at once, as during a deployment."""
    pid = _pid(settings)
    return pid is not None and _is_alive(pid)


def start(settings: Settings) -> int:
    """Start the server and wait until it answers. Returns its process id; raises Trouble."""
    if not _PYTHON.exists():
        raise Trouble("the embedded stack is not installed: run `make up`, which installs it")
    stop(settings)  # what a killed run may have left
    _check_port(settings)
    temporary = settings.folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    environment = {
        **settings.environment(),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(settings.port),
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",  # each function has its own role's rights and no more, as on AWS
        "LOG_LEVEL": os.environ.get("LEASEHOLD_LOG_LEVEL", "INFO"),
        "TMPDIR": str(temporary),
        "PYTHONDONTWRITEBYTECODE": "1",
        "POWERTOOLS_TRACE_DISABLED": "true",  # there is no X-Ray here
    }
    with settings.log.open("wb") as log:
        process = subprocess.Popen(
            [str(_PYTHON), "-m", "ministack"],
            cwd=settings.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the terminal's Ctrl-C is ours to pass on
        )
    _pid_file(settings).write_text(str(process.pid))
    give_up_at = time.monotonic() + _START_SECONDS
    while not _answers(settings):
        if process.poll() is not None:
            raise Trouble(f"MiniStack ended as soon as it was started; its last words:\n{last_words(settings)}")
        if time.monotonic() > give_up_at:
            stop(settings)
            raise Trouble(f"MiniStack did not answer within {_START_SECONDS} s; see {settings.log}")
        time.sleep(0.1)
    return process.pid


def stop(settings: Settings) -> bool:
    """End the server and every function process of it. False where none was running."""
    pid = _pid(settings)
    _pid_file(settings).unlink(missing_ok=True)
    if pid is None or not _is_alive(pid):
        return False
    _signal_group(pid, signal.SIGTERM)
    give_up_at = time.monotonic() + _STOP_SECONDS
    while _is_alive(pid) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    _signal_group(pid, signal.SIGKILL)  # function processes that outlive their server
    return True


def last_words(settings: Settings, lines: int = 15) -> str:
    """The end of the server's log."""
    if not settings.log.exists():
        return "(no log)"
    return "\n".join(settings.log.read_text(errors="replace").splitlines()[-lines:])


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings.port))
        except PermissionError:
            raise Trouble(f"port {settings.port} needs rights you don't have; try LEASEHOLD_PORT=4567") from None
        except OSError:
            raise Trouble(
                f"port {settings.port} is taken by another program. End that one, or choose another port:"
                f" LEASEHOLD_PORT={settings.port + 1 if settings.port < 65535 else 4567} make up"
            ) from None


def _answers(settings: Settings) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"{settings.endpoint}/_ministack/health", timeout=2
        ) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _pid_file(settings: Settings) -> Path:
    return settings.folder / "ministack.pid"


def _pid(settings: Settings) -> int | None:
    try:
        return int(_pid_file(settings).read_text())
    except (FileNotFoundError, ValueError):
        return None


def _is_alive(pid: int) -> bool:
    """Whether the process runs and is the server we started: process ids come round again."""
    try:
        done, _ = os.waitpid(pid, os.WNOHANG)
        if done == pid:
            return False
    except ChildProcessError:
        pass  # started by an earlier command
    command = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return "ministack" in command


def _signal_group(pid: int, signal_number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal_number)
