"""Figures, as a table for people and as JSON for machines."""

import json
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, and the aim it is held against."""

    name: str
    value: float
    unit: str
    aim: str = ""
    note: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def spread(name: str, milliseconds: Sequence[float], aim: str) -> list[Figure]:
    """Median and 99th percentile of durations."""
    return [
        Figure(f"{name}, median", round(statistics.median(milliseconds), 1), "ms", aim, f"of {len(milliseconds)}"),
        Figure(f"{name}, p99", round(percentile(milliseconds, 0.99), 1), "ms"),
    ]


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print a section."""
    table = Table(title=title, title_justify="left")
    for column in ("figure", "value", "unit", "aim", "note"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for each in figures:
        table.add_row(each.name, f"{each.value:g}", each.unit, each.aim, each.note)
    Console().print(table)


def keep(sections: dict[str, Sequence[Figure]]) -> None:
    """Write the sections of this run over those of earlier ones."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept |= {title: [asdict(each) for each in figures] for title, figures in sections.items()}
    kept["measured"] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n")
