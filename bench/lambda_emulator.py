"""One cold start of a function in Lambda's own runtime emulator, the one that SAM CLI carries: no Docker.

It runs under awslambdaric, Lambda's runtime interface, in an environment that has boto3 as the runtime has it.
"""

import json
import os
import platform
import re
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.engines import free_port
from tests.template_file import ROOT

RUNTIME_PYTHON = ROOT / ".venvs" / "runtime" / "bin" / "python"
_INITIALISED = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
_INVOKED = re.compile(r"INVOKE RTDONE\(status: (\w+),.*? duration: ([\d.]+)ms\)")
_WAIT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ColdStart:
    """How long a function took to load, and to answer its first call. Milliseconds."""

    init: float
    first_call: float

    @property
    def total(self) -> float:
        """Until the first answer."""
        return self.init + self.first_call


@dataclass(frozen=True, slots=True)
class Function:
    """A built function: its folder, its layers' folders in order, and the event of its first call."""

    task: Path
    layers: Sequence[Path]
    event: Mapping[str, Any]


def cold_start(function: Function, environment: Mapping[str, str]) -> ColdStart:
    """Start the function, call it once, and end it. Raises RuntimeError where it fails."""
    port = free_port()
    command = [
        str(_emulator()),
        "--log-level",
        "info",
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{free_port()}",
        str(RUNTIME_PYTHON),
        "-m",
        "awslambdaric",
        "app.handler",
    ]
    process = subprocess.Popen(
        command,
        cwd=function.task,
        env=_environment(function, environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    reading = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reading.start()
    try:
        answer = _call(port, function.event)
        said = _until_told(lines)
    finally:
        process.terminate()
        process.wait()
        reading.join()
    initialised, invoked = _INITIALISED.search(said), _INVOKED.search(said)
    if initialised is None or invoked is None or invoked[1] != "success" or b'"errorType"' in answer:
        raise RuntimeError(f"{function.task.name} failed in the emulator:\n{said}\n{answer.decode()}")
    return ColdStart(float(initialised[1]), float(invoked[2]))


def _emulator() -> Path:
    machine = "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"
    [found] = (ROOT / ".venvs" / "sam").rglob(f"aws-lambda-rie-{machine}")
    return found


def _environment(function: Function, environment: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/tmp",  # noqa: S108 - as in Lambda
        "LAMBDA_TASK_ROOT": str(function.task),
        "PYTHONPATH": os.pathsep.join(map(str, (function.task, *function.layers))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": function.task.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        **environment,
    }


def _call(port: int, event: Mapping[str, Any]) -> bytes:
    give_up_at = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < give_up_at:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.01)
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", json.dumps(event).encode()
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_WAIT_SECONDS) as answer:
        return bytes(answer.read())


def _until_told(lines: Sequence[str]) -> str:
    """The emulator's log, once it tells of the call's end."""
    give_up_at = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < give_up_at:
        said = "".join(lines)
        if _INVOKED.search(said):
            return said
        time.sleep(0.005)
    return "".join(lines)


class StandIn(ThreadingHTTPServer):
    """What answers in AWS's place: at once, and that there is nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Nothing)

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> "StandIn":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self.shutdown()
        self.server_close()


class _Nothing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # the answer in one piece

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b'{"Items":[]}' if self.headers.get("x-amz-target", "").endswith(".Query") else b"{}"
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_line: object) -> None:
        pass
