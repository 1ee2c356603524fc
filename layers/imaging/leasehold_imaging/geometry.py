"""Sizes and boxes: how large a thumbnail becomes, and which part of the picture it shows."""

from __future__ import annotations

from dataclasses import dataclass

from .variants import Variant

Size = tuple[int, int]
Box = tuple[float, float, float, float]  # left, top, right, bottom; edges, not pixels

MIDDLE = (0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a variant makes of a picture.

    scaled  the whole picture's size at the thumbnail's scale, in pixels
    size    the thumbnail's size, in pixels; smaller than `scaled` where something is cropped away
    """

    scaled: Size
    size: Size

    @property
    def crops(self) -> bool:
        return self.size != self.scaled

    def window(self, whole: tuple[float, float], focus: tuple[float, float]) -> Box:
        """The part to show of a picture that measures `whole`, around `focus` (0 to 1) as near as fits."""
        left, right = _span(whole[0], self.size[0] / self.scaled[0], focus[0])
        top, bottom = _span(whole[1], self.size[1] / self.scaled[1], focus[1])
        return (left, top, right, bottom)


def planned(variant: Variant, picture: Size, *, sideways: bool = False) -> Plan:
    """How a picture of that size becomes the variant; `sideways` where a quarter turn comes later."""
    box = (variant.height, variant.width) if sideways else (variant.width, variant.height)
    ratios = (box[0] / picture[0], box[1] / picture[1])
    scale = min(ratios) if variant.fit == "inside" else max(ratios)
    if not variant.enlarge:
        scale = min(scale, 1.0)
    scaled = (_side(picture[0] * scale), _side(picture[1] * scale))
    return Plan(scaled, (min(scaled[0], box[0]), min(scaled[1], box[1])))


def _side(length: float) -> int:
    return max(1, int(length + 0.5))


def _span(whole: float, part: float, focus: float) -> tuple[float, float]:
    length = whole * part
    start = min(max(whole * focus - length / 2, 0.0), whole - length)
    return start, start + length
