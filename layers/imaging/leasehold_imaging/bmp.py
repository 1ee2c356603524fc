"""BMP. Pillow reads the common layouts of 16 and 32 bits; the others are read here, whatever they are."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import reduce
from io import BytesIO

from PIL import Image, ImageChops
from PIL.BmpImagePlugin import BmpImageFile

from .errors import CorruptImage
from .geometry import Size
from .orientation import UPRIGHT
from .shrink import Shrunk, shrunk_rows
from .source import PillowSource, Source, StillSource

_BITFIELDS, _BITFIELDS_WITH_ALPHA = 3, 6
_HEADER = 40  # of Windows; OS/2's first one is shorter, and knows no masks
_HEADERS_WITH_ALPHA_MASK = 56  # and longer ones


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the pixels lie, and which bits of one are red, green, blue and, unless its mask is 0, alpha."""

    size: Size
    bits: int
    start: int
    is_top_down: bool
    masks: tuple[int, int, int, int]

    @property
    def stride(self) -> int:
        return (self.size[0] * self.bits + 31) // 32 * 4


class BitfieldsSource(StillSource):
    """Pixels of 16 or 32 bits, of which masks say what the bits are."""

    def __init__(self, data: bytes, layout: _Layout) -> None:
        self._data = memoryview(data)
        self._layout = layout
        self.size = layout.size
        self.orientation = UPRIGHT
        self.profile: bytes | None = None

    def still(self, need: Size) -> Shrunk:
        if self._layout.start + self._layout.stride * self.size[1] > len(self._data):
            raise CorruptImage("the BMP's data ends too early")
        return shrunk_rows(self._rows, self.size, need)

    def _rows(self, top: int, bottom: int) -> Image.Image:
        layout = self._layout
        if not layout.is_top_down:
            top, bottom = self.size[1] - bottom, self.size[1] - top
        stored = self._data[layout.start + top * layout.stride : layout.start + bottom * layout.stride]
        mode = "LA" if layout.bits == 16 else "RGBA"
        pixels = Image.frombytes(mode, (self.size[0], bottom - top), stored, "raw", mode, layout.stride)
        if not layout.is_top_down:
            pixels = pixels.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        bands = [_channel(pixels.split(), mask) for mask in layout.masks if mask]
        return Image.merge("RGB" if len(bands) == 3 else "RGBA", bands)


def _channel(stored: tuple[Image.Image, ...], mask: int) -> Image.Image:
    """One channel, scaled to 0..255: each stored byte gives its part of it, and the parts add up."""
    lowest = mask & -mask
    highest = mask // lowest
    parts = [
        band.point([((value << 8 * position) & mask) // lowest * 255 // highest for value in range(256)])
        for position, band in enumerate(stored)
        if mask >> 8 * position & 0xFF
    ]
    return reduce(ImageChops.add, parts)


def _layout(data: bytes) -> _Layout | None:
    """The layout, where it is one of masks that Pillow may not know."""
    start, header = struct.unpack_from("<10xII", data)
    if header < _HEADER:
        return None
    width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    if width <= 0:
        raise CorruptImage("the BMP's header is damaged")
    if compression not in (_BITFIELDS, _BITFIELDS_WITH_ALPHA) or bits not in (16, 32):
        return None
    red, green, blue, alpha = struct.unpack_from("<4I", data, 14 + _HEADER)
    if header < _HEADERS_WITH_ALPHA_MASK and compression != _BITFIELDS_WITH_ALPHA:
        alpha = 0
    masks = (red, green, blue, alpha)
    if not (red and green and blue) or height == 0 or any(mask >> bits for mask in masks):
        return None
    return _Layout((width, abs(height)), bits, start, height < 0, masks)


def declared_sizes(_data: bytes) -> tuple[Size, ...]:
    return ()  # the decoder reads the header, and nothing else, before it is asked for pixels


def opened(data: bytes) -> Source:
    layout = _layout(data)
    if layout is not None:
        return BitfieldsSource(data, layout)
    return PillowSource(BmpImageFile(BytesIO(data)))
