"""Where the interesting part of a picture is: where it has the most detail.

A crop to fill a box is free along one side only, so it is enough to know how much detail each column, or each
row, of a small copy of the picture has, and to find the stretch that holds the most of it. Where all is even,
the middle wins.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate

from PIL import Image, ImageChops, ImageFilter

from .geometry import MIDDLE, Plan

Focus = tuple[float, float]

_SIDE = 128
_REACH = 2  # pixels of the small copy, within which a difference is detail
_PULL = 0.02  # how much more detail a stretch at the border needs than one in the middle


def focus_of(image: Image.Image, plan: Plan) -> Focus:
    """The middle, as shares of width and height, of the part that the plan's crop should show."""
    small = _lightness(image)
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    detail = ImageChops.difference(small, small.filter(ImageFilter.BoxBlur(_REACH))).convert("F")
    across = plan.size[0] / plan.scaled[0]
    down = plan.size[1] / plan.scaled[1]
    return (
        _richest(_sums(detail, (detail.width, 1)), across) if across < 1 else MIDDLE[0],
        _richest(_sums(detail, (1, detail.height)), down) if down < 1 else MIDDLE[1],
    )


def _lightness(image: Image.Image) -> Image.Image:
    if image.mode in ("La", "LAB"):
        return image.getchannel("L")
    if image.mode == "RGBa":
        return Image.merge("RGB", image.split()[:3]).convert("L")
    return image.convert("L")


def _sums(detail: Image.Image, size: tuple[int, int]) -> Sequence[float]:
    return array("f", detail.resize(size, Image.Resampling.BOX).tobytes())


def _richest(line: Sequence[float], share: float) -> float:
    """The middle of the stretch of `share` of the line that holds the most."""
    length = max(1, round(len(line) * share))
    totals = [0.0, *accumulate(line)]

    def worth(start: int) -> tuple[float, float]:
        distance = abs(start + length / 2 - len(line) / 2) / len(line)
        return (totals[start + length] - totals[start]) * (1 - _PULL * distance), -distance

    start = max(range(len(line) - length + 1), key=worth)
    return (start + length / 2) / len(line)
