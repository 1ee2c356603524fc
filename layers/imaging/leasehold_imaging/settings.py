"""The settings of the thumbnails, read from environment variables.

THUMBNAIL_VARIANTS        JSON list of variants    [{"name": "320", "width": 320, "height": 320}]
THUMBNAIL_MAX_MEGAPIXELS  a picture's pixels       100
THUMBNAIL_MAX_MIB         a file's size            50
THUMBNAIL_MAX_SECONDS     the time for a picture   30
THUMBNAIL_MAX_MEMORY_MIB  the memory for it        1536, and in Lambda what the function can spare
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .limits import MEBIBYTE, MEGAPIXEL, Limits
from .variants import DEFAULT_VARIANTS, Variant, variants_from_json

MEBIBYTES_BESIDE_THE_PICTURE = 256
"""What the function, its worker and the picture's bytes, twice, take before any pixel is decoded."""

LEAST_MEBIBYTES = 64


def variants_and_limits_from_env(environ: Mapping[str, str]) -> tuple[tuple[Variant, ...], Limits]:
    """The variants and limits that the environment sets; what it leaves out or empty has its default.

    Raises ValueError with a message that names the variable and its fault.
    """
    standard = Limits()
    limits = Limits(
        max_pixels=round(_number(environ, "THUMBNAIL_MAX_MEGAPIXELS", standard.max_pixels / MEGAPIXEL) * MEGAPIXEL),
        max_bytes=round(_number(environ, "THUMBNAIL_MAX_MIB", standard.max_bytes / MEBIBYTE) * MEBIBYTE),
        max_seconds=_number(environ, "THUMBNAIL_MAX_SECONDS", standard.max_seconds),
        max_memory=round(_number(environ, "THUMBNAIL_MAX_MEMORY_MIB", _spare_mebibytes(environ, standard)) * MEBIBYTE),
    )
    return _variants(environ), limits


def _spare_mebibytes(environ: Mapping[str, str], standard: Limits) -> float:
    """What is left for a picture of the memory that Lambda says the function has."""
    enough = standard.max_memory / MEBIBYTE + MEBIBYTES_BESIDE_THE_PICTURE
    size = _number(environ, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", enough)
    return max(LEAST_MEBIBYTES, size - MEBIBYTES_BESIDE_THE_PICTURE)


def _variants(environ: Mapping[str, str]) -> tuple[Variant, ...]:
    text = environ.get("THUMBNAIL_VARIANTS", "").strip()
    if not text:
        return DEFAULT_VARIANTS
    try:
        return variants_from_json(text)
    except ValueError as fault:
        raise ValueError(f"THUMBNAIL_VARIANTS: {fault}") from None


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number <= 0:
        raise ValueError(f"{name} is {text!r}, not a number above 0")
    return number
