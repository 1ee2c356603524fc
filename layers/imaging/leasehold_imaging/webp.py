"""WebP. A still picture is decoded by libwebp at about the size that is needed; Pillow decodes animations."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from io import BytesIO

from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile

from . import libwebp
from .geometry import Size
from .orientation import orientation_in_exif
from .shrink import Shrunk, shrunk_rows, whole
from .source import AnimatedPillowSource, Frame, Source

DETAIL = 1.5
"""How many times larger than needed libwebp leaves a picture; the rest is for a finer filter."""


class WebpSource:
    """A WebP. Pillow's decoder reserves room for a canvas or two, so it is made only where one moves."""

    least_memory = 0

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._features = libwebp.features(data)
        chunks = dict(_chunks(data))
        self.size: Size = self._features.size
        self.orientation = orientation_in_exif(chunks.get(b"EXIF"))
        self.profile: bytes | None = chunks.get(b"ICCP")
        self._loops = 0

    def still(self, need: Size) -> Shrunk:
        if self._features.has_animation:
            return AnimatedPillowSource(WebPImageFile(BytesIO(self._data))).still(need)
        if self._features.has_alpha:
            return self._averaged_here(need)
        return self._averaged_by_libwebp(need)

    def frames(self, need: Size) -> Iterator[Frame]:
        if self._features.has_animation:
            moving = AnimatedPillowSource(WebPImageFile(BytesIO(self._data)))
            self._loops = moving.loops()
            yield from moving.frames(need)

    def loops(self) -> int:
        return self._loops

    def _averaged_by_libwebp(self, need: Size) -> Shrunk:
        width, height = (math.ceil(side * DETAIL) for side in need)
        smaller = (width, height) if width < self.size[0] and height < self.size[1] else None
        with libwebp.decoded(self._data, smaller, alpha=False) as pixels:
            return whole(_rows(pixels, 0, pixels.size[1]))

    def _averaged_here(self, need: Size) -> Shrunk:
        """libwebp averages colours without regard to alpha, so that what is transparent would bleed."""
        with libwebp.decoded(self._data, None, alpha=True) as pixels:
            return shrunk_rows(lambda top, bottom: _rows(pixels, top, bottom), pixels.size, need)


def _rows(pixels: libwebp.Pixels, top: int, bottom: int) -> Image.Image:
    part = pixels.data[top * pixels.stride : bottom * pixels.stride]
    size = (pixels.size[0], bottom - top)
    return Image.frombytes(pixels.mode, size, part, "raw", pixels.mode, pixels.stride)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The small chunks of the file, those around the pictures."""
    start = 12
    while start + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, start)
        if name in (b"ICCP", b"EXIF"):
            yield name, data[start + 8 : start + 8 + length]
        start += 8 + length + length % 2


def declared_sizes(_data: bytes) -> tuple[Size, ...]:
    return ()  # the decoder reads the header, and nothing else, before it is asked for pixels


def opened(data: bytes) -> Source:
    if libwebp.is_available():
        return WebpSource(data)
    return AnimatedPillowSource(WebPImageFile(BytesIO(data)))
