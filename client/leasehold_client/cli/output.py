"""What commands print: JSON, tables for people, tab-separated lines for pipes. Standard output holds the answer alone.

A terminal gets a table with headings, local times (with their day where it is not today) and colours (none with
NO_COLOR). Anything else gets one line a row, tabs between, no headings, times as the API writes them: nothing to strip,
nothing cut off.
"""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from leasehold_client.models import JobError

_COLOURS: Final = {
    "queued": "cyan",
    "leased": "yellow",
    "succeeded": "green",
    "ready": "green",
    "dlq": "red",
    "failed": "red",
    "cancelled": "bright_black",
}
_WHOLE: Final = {"JOB", "ASSET", "TOKEN", "STATUS"}
# A job's error message is somebody else's text; on a terminal its control characters would be commands.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")

Cell = str | int | datetime | None


class Output:
    """Standard output and standard error of one command."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._out = _usable(sys.stdout)
        self._errors = _usable(sys.stderr)

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads the answer as it comes."""
        return self._out.isatty() and not self.as_json

    @property
    def errors(self) -> TextIO:
        """Where everything goes that is not the answer."""
        return self._errors

    @property
    def shows_progress(self) -> bool:
        """Whether somebody would see a progress bar."""
        return self._errors.isatty() and not self.as_json

    def json(self, answer: Any) -> None:
        """The answer as JSON, indented."""
        self._print(json.dumps(answer, indent=2, ensure_ascii=not self._is_utf8))

    def json_line(self, answer: Any) -> None:
        """One of several answers, each on a line of its own, at once."""
        self._print(json.dumps(answer, ensure_ascii=not self._is_utf8, separators=(",", ":")))
        self._out.flush()

    def line(self, text: str) -> None:
        """A line of the answer, at once."""
        self._print(_CONTROL.sub("�", text))
        self._out.flush()

    def say(self, text: str) -> None:
        """A line that is not the answer: what goes on, or went wrong."""
        print(_CONTROL.sub("�", text), file=self._errors, flush=True)

    def confirms(self, question: str) -> bool:
        """Ask a question; anything but y or yes is no. It is asked beside the answer, not in it."""
        print(f"{question} [y/N] ", end="", file=self._errors, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[Cell]], *, empty: str) -> None:
        """Rows under headings; a terminal is told `empty` where there are none."""
        if not self.is_terminal:
            for row in rows:
                self._print("\t".join(_CONTROL.sub(" ", _plain(cell)) for cell in row))
            return
        if not rows:
            self.say(empty)
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(headings))
        for heading in headings:
            # Ids are there to be copied, so they stay in one piece on narrow terminals.
            table.add_column(heading, overflow="fold", no_wrap=heading in _WHOLE)
        for row in rows:
            shown = [_CONTROL.sub("�", _local(cell)) for cell in row]
            table.add_row(*(Text(text, style=_COLOURS.get(text, "")) for text in shown))
        Console(file=self._out, highlight=False).print(table)

    def facts(self, facts: Mapping[str, Cell]) -> None:
        """One thing's facts, a line each; those that don't apply are left out."""
        rows = [(name, value) for name, value in facts.items() if value is not None]
        self.table(("", ""), rows, empty="")

    def flush(self) -> None:
        """Bring it all out; raises BrokenPipeError where nobody reads any more."""
        self._out.flush()

    def _print(self, text: str) -> None:
        print(text, file=self._out)

    @property
    def _is_utf8(self) -> bool:
        return (self._out.encoding or "").lower().replace("-", "").startswith("utf")


def silence() -> None:
    """Let what is still to be written go nowhere: the reader has gone, and Python would complain at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if sys.stdout is not None:
        os.dup2(nowhere, sys.stdout.fileno())


def size(count: int | None) -> str | None:
    """Bytes for people."""
    if count is None:
        return None
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def reason(error: JobError | None) -> str | None:
    """Why something failed; not every error has a code."""
    if error is None or error.code is None:
        return None if error is None else error.message
    return f"{error.code}: {error.message}"


def duration(seconds: float | None) -> str | None:
    """Seconds for people: `45 s`, `3 min`, `5 h`, `2 d`."""
    if seconds is None:
        return None
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _usable(stream: TextIO | None) -> TextIO:
    """The stream, made to take every character; a closed one goes nowhere."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return stream


def _plain(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return "" if cell is None else str(cell)


def _local(cell: Cell) -> str:
    if isinstance(cell, datetime):
        at, today = cell.astimezone(), datetime.now(UTC).astimezone().date()
        return f"{at:%H:%M:%S}" if at.date() == today else f"{at:%Y-%m-%d %H:%M:%S}"
    return "" if cell is None else str(cell)
