"""Measures thumbnails of 320 pixels, WebP of quality 80, on one core, from bytes to bytes in memory.

    python -m bench.pictures [--rounds 9] [--only JPEG] [--json FILE]

The contenders take turns, and processor time is counted, so that whatever else the machine does matters
little. The figures are medians; a ratio below 1 means that we are faster.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image

from bench.pictures.contenders import Contender, Running, contenders
from bench.pictures.inputs import ROOT, Input, inputs
from bench.pictures.quality import encoded_alike, psnr, reference

CACHE = ROOT / ".cache" / "bench"
MEBIBYTE = 1024 * 1024

Row = dict[str, Any]


def main() -> None:
    options = _options()
    Image.MAX_IMAGE_PIXELS = None
    everyone = contenders(CACHE)
    names = [contender.name for contender in everyone]
    rows: list[Row] = []
    print(head(names), flush=True)
    for wanted in inputs(CACHE / "pictures"):
        if options.only.lower() in wanted.name.lower():
            rows.append(_measured(wanted, everyone, options.rounds))
            print(line(rows[-1], names), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pictures", description="Thumbnails beside their peers.")
    parser.add_argument("--rounds", type=int, default=9, help="how often each picture is measured (9)")
    parser.add_argument("--only", default="", help="measure the pictures with this in their name")
    parser.add_argument("--json", type=Path, help="the file to write the figures to")
    return parser.parse_args()


def _measured(wanted: Input, everyone: Sequence[Contender], rounds: int) -> Row:
    row: Row = {"picture": wanted.name}
    best = reference(wanted.file)
    row["psnr of the reference"] = psnr(encoded_alike(best), best)
    with ExitStack() as stack, tempfile.TemporaryDirectory() as scratch:
        running = {contender.name: stack.enter_context(Running(contender)) for contender in everyone}
        for name, runner in running.items():
            out = Path(scratch) / f"{name}.webp"
            runner.milliseconds(_warm_up(wanted))
            before = runner.peak_memory()
            if runner.milliseconds(wanted.file, out) is not None:
                row[f"{name} MiB"] = (runner.peak_memory() - before) / MEBIBYTE
                row[f"{name} psnr"] = psnr(Image.open(out).convert("RGB"), best)
                row[f"{name} bytes"] = out.stat().st_size
        times: dict[str, list[float]] = {name: [] for name in running}
        for _ in range(rounds):
            for name, runner in running.items():
                spent = runner.milliseconds(wanted.file)
                if spent is not None:
                    times[name].append(spent)
    for name, spent_times in times.items():
        if spent_times:
            row[f"{name} ms"] = median(spent_times)
        if spent_times and name != everyone[0].name:
            row[f"ours / {name}"] = row["ours ms"] / row[f"{name} ms"]
    return row


def _warm_up(wanted: Input) -> Path:
    """A small picture of the same kind, so that loading the decoder is not counted."""
    small = CACHE / "pictures" / f"small{wanted.file.suffix}"
    if wanted.file.suffix == ".heic":
        return wanted.file
    if not small.exists():
        Image.new("RGB", (64, 48), (200, 100, 50)).save(small)
    return small


def head(names: Sequence[str]) -> str:
    """The first two lines of a Markdown table."""
    heads = [
        "picture", *(f"{name}, ms" for name in names), *(f"ours / {name}" for name in names[1:]),
        *(f"{name}, dB" for name in names), "reference, dB", *(f"{name}, MiB" for name in names),
    ]  # fmt: skip
    return "| " + " | ".join(heads) + " |\n|---" + "|---:" * (len(heads) - 1) + "|"


def line(row: Row, names: Sequence[str]) -> str:
    """A row as a line of that table."""
    cells = [
        row["picture"],
        *(_number(row.get(f"{name} ms"), 1) for name in names),
        *(_number(row.get(f"ours / {name}"), 2) for name in names[1:]),
        *(_number(row.get(f"{name} psnr"), 1) for name in names),
        _number(row["psnr of the reference"], 1),
        *(_number(row.get(f"{name} MiB"), 0) for name in names),
    ]
    return "| " + " | ".join(cells) + " |"


def _number(value: float | None, digits: int) -> str:
    return "can't" if value is None or math.isnan(value) else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
