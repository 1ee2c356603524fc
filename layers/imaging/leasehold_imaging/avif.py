"""AVIF, of which Pillow gives the rotation and mirroring of its boxes as an EXIF orientation."""

from __future__ import annotations

from io import BytesIO

from PIL.AvifImagePlugin import AvifImageFile

from .source import AnimatedPillowSource, Source


def opened(data: bytes) -> Source:
    return AnimatedPillowSource(AvifImageFile(BytesIO(data)))
