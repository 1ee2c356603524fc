"""How much memory the worst pictures that are allowed take: `python -m bench.pictures.memory`.

Pictures of 100 megapixels of every kind, each made into a thumbnail by a fresh process, of which the growth
of its peak is told, in MiB, without the picture's own bytes; and then as in Lambda, by the thumbnail function and
the contained process beside it, of which the peaks are told.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from bench.bill import memory_mb
from bench.pictures.inputs import ROOT

FOLDER = ROOT / ".cache" / "bench" / "worst"
SIDE = 10_000

MEASURE = """
import sys
from leasehold_imaging import Limits, PictureError, Variant, make_thumbnails
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
data = open(sys.argv[1], "rb").read()
small = open(sys.argv[2], "rb").read()
make_thumbnails(small, [Variant("320", 320, 320)], Limits())
before = peak()
try:
    make_thumbnails(data, [Variant("320", 320, 320)], Limits())
    outcome = ""
except PictureError as fault:
    outcome = fault.message
print((peak() - before) // 1024, "MiB", outcome)
"""

IN_LAMBDA = """
import importlib, sys
from leasehold_imaging import contained
app = importlib.import_module("functions.thumbnail.app")
def peak(process="self"):
    marks = open(f"/proc/{process}/status")
    return next(int(line.split()[1]) for line in marks if line.startswith("VmHWM")) // 1024
peaks, end = [], contained.Worker.end
def told(worker):
    if worker.is_alive():
        peaks.append(peak(worker._process.pid))
    end(worker)
contained.Worker.end = told
try:
    app.make(open(sys.argv[1], "rb").read())
    outcome = ""
except app.Unworkable as fault:
    outcome = fault.message
contained.end_workers()
print(peak(), "+", max(peaks, default=0), "MiB", outcome)
"""
NAMES = ("JOBS_TABLE", "ASSETS_TABLE", "DERIVED_BUCKET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
ENVIRONMENT = {
    **os.environ,
    **dict.fromkeys(NAMES, "x"),
    "PYTHONPATH": str(ROOT),
    "AWS_LAMBDA_FUNCTION_NAME": "thumbnail",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb("ThumbnailFunction")),
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "POWERTOOLS_SERVICE_NAME": "bench",
}


def pictures(side: int) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """File names, pictures and options for saving them."""
    grey = Image.linear_gradient("L").resize((side, side))
    colour = Image.merge("RGB", [grey, grey.transpose(Image.Transpose.ROTATE_90), grey])
    alpha = colour.convert("RGBA")
    alpha.putalpha(128)
    ink = Image.merge("CMYK", [grey] * 4)
    yield "baseline-444.jpeg", colour, {"subsampling": 0}
    yield "baseline-cmyk.jpeg", ink, {}
    yield "progressive-420.jpeg", colour, {"progressive": True}
    yield "progressive-444.jpeg", colour, {"progressive": True, "subsampling": 0}
    yield "progressive-cmyk.jpeg", ink, {"progressive": True}
    yield "8-bit-rgba.png", alpha, {"compress_level": 1}
    yield "16-bit-grey.png", grey.convert("I;16"), {"compress_level": 1}
    yield "lossy.webp", colour, {"method": 0}
    yield "lossy-alpha.webp", alpha, {"method": 0}
    yield "lossless.webp", colour, {"lossless": True, "method": 0, "quality": 0}
    yield "palette.gif", grey, {}
    yield "420.avif", colour, {"speed": 10}
    yield "444-alpha.avif", alpha, {"speed": 10, "subsampling": "4:4:4"}
    yield "lzw-rgba.tiff", alpha, {"compression": "tiff_lzw"}
    yield "lzw-cmyk.tiff", ink, {"compression": "tiff_lzw"}
    yield "jpeg.tiff", colour, {"compression": "jpeg"}
    yield "one-bit.bmp", grey.convert("1"), {}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    small = {name: (image, options) for name, image, options in pictures(64)}
    for name, (image, options) in small.items():
        image.save(FOLDER / f"small-{name}", **options)
    if not all((FOLDER / name).exists() for name in small):
        for name, image, options in pictures(SIDE):
            if not (FOLDER / name).exists():
                image.save(FOLDER / name, **options)
    for name in small:
        growth = printed(MEASURE, FOLDER / name, FOLDER / f"small-{name}")
        print(f"{name:24} {growth:40} in Lambda {printed(IN_LAMBDA, FOLDER / name)}", flush=True)


def printed(program: str, *files: Path) -> str:
    command = [sys.executable, "-c", program, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout.strip()


if __name__ == "__main__":
    main()
