"""From what is typed to what is meant: payloads, durations, times. Each raises BadParameter, saying what would do."""

import json
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


def payload(text: str) -> dict[str, Any]:
    """A JSON object: written out, `@FILE`, or `-` for standard input."""
    source = "the payload"
    try:
        if text == "-":
            source = "standard input"
            text = sys.stdin.read()
        elif text.startswith("@"):
            source = text[1:]
            text = Path(source).read_text("utf-8")
    except OSError as fault:
        raise typer.BadParameter(f"{source} can't be read: {fault.strerror}") from None
    except ValueError:
        raise typer.BadParameter(f"{source} is not UTF-8") from None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise typer.BadParameter(f"{source} is no JSON: {fault}; write for example '{{\"n\": 1}}'") from None
    if not isinstance(value, dict):
        raise typer.BadParameter(f"{source} must be a JSON object, such as '{{\"n\": 1}}'")
    return value


def seconds(text: str) -> float:
    """`90`, `90s`, `15m`, `2h`, `3d`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no duration; write for example 90, 15m, 2h or 3d")
    return float(found[1]) * _UNITS[found[2]]


def moment(text: str) -> datetime:
    """An ISO 8601 time; one without an offset is local."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):
        raise typer.BadParameter(
            f"{text!r} is no time; write for example 2030-01-31T12:00 or 2030-01-31T12:00:00Z"
        ) from None
