"""The real and the hostile pictures that lie beside the project, where they do."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("LEASEHOLD_PICTURES") or Path(__file__).parents[2].parent / "shared" / "pictures")


@dataclass(frozen=True)
class Row:
    """A line of a manifest, and the picture it speaks of."""

    path: Path
    said: dict[str, str]

    def read(self) -> bytes:
        return self.path.read_bytes()


def rows(folder: str) -> list[object]:
    """The rows of a folder's manifest, as parameters of a test; one that skips where there is none."""
    manifest = FOLDER / folder / "manifest.tsv"
    if not manifest.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"no manifest.tsv in {manifest.parent}"))]
    with manifest.open(newline="", encoding="utf-8") as lines:
        said = list(csv.DictReader(lines, delimiter="\t"))
    return [pytest.param(Row(manifest.parent / line["file"], line), id=line["file"]) for line in said]
