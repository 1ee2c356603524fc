"""Those who are measured, each in a process of its own that answers one request at a time, on one core."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

PYVIPS = "pyvips[binary]==3.2.0"
SHARP = "sharp@0.35"

ONE_CORE = {"VIPS_CONCURRENCY": "1", "UV_THREADPOOL_SIZE": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Contender:
    name: str
    command: list[str]
    folder: Path


def contenders(cache: Path) -> list[Contender]:
    """Ourselves, then whichever peers can be installed into the cache folder."""
    found = [Contender("ours", [sys.executable, str(HERE / "ours.py")], ROOT)]
    if python := _pyvips(cache / "pyvips"):
        found.append(Contender("pyvips", [str(python), str(HERE / "vips.py")], cache))
    if node := _sharp(cache / "sharp"):
        found.append(Contender("sharp", [node, str(HERE / "sharp.mjs")], cache / "sharp"))
    return found


def _pyvips(folder: Path) -> Path | None:
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        if not _succeeds([str(python), "-m", "pip", "install", "--quiet", PYVIPS], folder):
            return None
        (folder / "complete").touch()
    return python


def _sharp(folder: Path) -> str | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules" / "sharp").exists():
        (folder / "package.json").write_text('{"private": true}')
        if not _succeeds([npm, "install", "--silent", "--no-audit", "--no-fund", SHARP], folder):
            return None
    return node


def _succeeds(command: list[str], folder: Path) -> bool:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"could not install a peer: {done.stderr.strip()[-300:]}", file=sys.stderr)
    return done.returncode == 0


class Running:
    """A contender at work; a context, at whose end its process has ended."""

    def __init__(self, contender: Contender) -> None:
        self._process = subprocess.Popen(
            contender.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=contender.folder,
            env={**os.environ, **ONE_CORE},
        )
        core = min(os.sched_getaffinity(0))
        os.sched_setaffinity(self._process.pid, {core})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        cast(IO[str], self._process.stdin).close()
        self._process.wait()
        cast(IO[str], self._process.stdout).close()

    def milliseconds(self, file: Path, out: Path | None = None) -> float | None:
        """How long one thumbnail takes; None where the contender can't make it."""
        requests, answers = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        requests.write(json.dumps({"file": str(file), "out": str(out) if out else None}) + "\n")
        requests.flush()
        answer: dict[str, Any] = json.loads(answers.readline())
        return answer.get("ms")

    def peak_memory(self) -> int:
        """The most memory, in bytes, that the process has had in use so far."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise LookupError("the system does not tell the peak of a process's memory")
