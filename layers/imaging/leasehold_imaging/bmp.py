"""BMP."""

from __future__ import annotations

from io import BytesIO

from PIL.BmpImagePlugin import BmpImageFile

from .source import PillowSource, Source


def opened(data: bytes) -> Source:
    return PillowSource(BmpImageFile(BytesIO(data)))
