"""The bench of pictures in the table of all benches: ratios of medians against pyvips and sharp."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.report import Figure

_ROUNDS = "5"


def measure() -> list[Figure]:
    """Our processor time over each peer's, a figure a picture and peer; the long table is printed on the way."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "rows.json"
        subprocess.run([sys.executable, "-m", "bench.pictures", "--rounds", _ROUNDS, "--json", str(kept)], check=True)
        rows = json.loads(kept.read_text())
    return [
        Figure(f"{row['picture']}, {name}", round(ratio, 2), "ratio", "< 1.00", f"{row['ours ms']:.0f} ms")
        for row in rows
        for name, ratio in row.items()
        if name.startswith("ours / ")
    ]
