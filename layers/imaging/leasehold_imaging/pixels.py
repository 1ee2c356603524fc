"""Pixels in the few forms that can be resized well.

Every picture, whatever its file stores, is brought to one of: `L` and `RGB`; `La` and `RGBa`, where the
colours are multiplied by the alpha, so that what is transparent can't bleed into what is not; `CMYK` and
`LAB`, which only a colour profile turns into RGB rightly.
"""

from __future__ import annotations

from math import isfinite
from typing import cast

from PIL import Image, ImageChops

Span = tuple[float, float]

_READY = ("L", "La", "RGB", "RGBa", "CMYK", "LAB")


def is_ready(image: Image.Image) -> bool:
    return image.mode in _READY and "transparency" not in image.info


def ready(image: Image.Image, deepest: int = 65535, span: Span | None = None) -> Image.Image:
    """The same picture in one of the forms above.

    `deepest` is white where a sample has 9 to 16 bits; `span` is black and white where it has more, or is a
    float: that of the image itself, unless it is part of a larger one.
    """
    if is_ready(image):
        return image
    if image.mode.startswith("I;16"):
        return _from_16_bits(image, deepest)
    if image.mode in ("I", "F"):
        return _from_wide_range(image, span or wide_span(image))
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        return _premultiplied(image)
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGB")


def straight(image: Image.Image) -> Image.Image:
    """The same picture with its colours no longer multiplied by the alpha."""
    return image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, image.mode))


def _premultiplied(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "LA"):
        return image.convert("LA").convert("La")
    return image.convert("RGBA").convert("RGBa")


def _from_16_bits(image: Image.Image, deepest: int) -> Image.Image:
    wide = image.convert("I")
    grey = wide.point(lambda value: value * (255 / deepest) + 0.5).convert("L")
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return grey
    above = wide.point(lambda value: value * 1 - transparent).convert("L")
    below = wide.point(lambda value: value * -1 + transparent).convert("L")
    grey.putalpha(ImageChops.lighter(above, below).point(lambda difference: 255 if difference else 0))
    return grey.convert("La")


def wide_span(image: Image.Image) -> Span:
    """Black and white of integers of 32 bits and floats, which have no agreed ones: mostly what the picture spans."""
    darkest, brightest = cast(Span, image.getextrema())
    if not (isfinite(darkest) and isfinite(brightest)):
        return 0.0, 1.0
    if image.mode == "F" and 0 <= darkest <= brightest <= 1:
        return 0.0, 1.0
    if image.mode == "I" and darkest >= 0 and 255 < brightest <= 65535:
        return 0.0, 65535.0
    return darkest, brightest


def _from_wide_range(image: Image.Image, span: Span) -> Image.Image:
    darkest, brightest = span
    scale = 255 / (brightest - darkest or 1.0)
    return image.point(lambda value: value * scale + (0.5 - darkest * scale)).convert("L")
