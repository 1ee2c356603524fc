"""How near a thumbnail comes to the best one: all pixels decoded, resized by Lanczos' filter, not encoded."""

from __future__ import annotations

import math
from importlib import import_module
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageOps, ImageStat


def reference(file: Path) -> Image.Image:
    if file.suffix == ".heic":
        import_module("pi_heif").register_heif_opener()
    image = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    image.thumbnail((320, 320), Image.Resampling.LANCZOS, reducing_gap=None)
    return image


def encoded_alike(image: Image.Image) -> Image.Image:
    """What the best thumbnail looks like after the same encoding, at the effort that the peers use."""
    out = BytesIO()
    image.save(out, "WEBP", quality=80, method=4)
    return Image.open(out).convert("RGB")


def psnr(one: Image.Image, other: Image.Image) -> float:
    """The peak signal-to-noise ratio of two RGB images of one size, in dB."""
    squares = ImageStat.Stat(ImageChops.difference(one, other)).sum2
    mean = sum(squares) / (3 * one.width * one.height)
    return 10 * math.log10(255 * 255 / mean) if mean else math.inf
