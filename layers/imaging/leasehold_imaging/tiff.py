"""TIFF, which Pillow turns by the orientation tag while loading."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageChops
from PIL.TiffImagePlugin import TiffImageFile

from .errors import UnsupportedImage
from .geometry import Size
from .orientation import UPRIGHT
from .pixels import ready, wide_span
from .shrink import Shrunk, shrunk
from .source import PillowSource, Source
from .tiff_directory import (
    BITS,
    COMPRESSION,
    HEIGHT,
    MEANING,
    SAMPLE_FORMAT,
    WIDTH,
    Directory,
    as_common,
    first_directory,
)

_COMPRESSIONS = {
    1: "none", 2: "CCITT", 3: "group 3", 4: "group 4", 5: "LZW", 6: "old JPEG", 7: "JPEG", 8: "deflate",
    32771: "none", 32773: "PackBits", 32809: "ThunderScan", 32946: "old deflate", 34676: "SGI log",
    34677: "SGI log 24", 34925: "LZMA", 50000: "Zstandard",
}  # fmt: skip
"""What Pillow's libtiff inflates."""

_WHITE_IS_ZERO, _BLACK_IS_ZERO = 0, 1
_UNSIGNED = 1
_ALL_OF_32_BITS = (0.0, 2.0**32)


class TiffSource(PillowSource):
    def __init__(self, file: TiffImageFile, directory: Directory, is_negative: bool) -> None:
        super().__init__(file)
        bits = directory.number(BITS, 1)
        self.orientation = UPRIGHT
        self._white = (1 << bits) - 1 if 8 < bits < 16 else 65535
        self._is_unsigned = bits == 32 and directory.number(SAMPLE_FORMAT, _UNSIGNED) == _UNSIGNED
        self._is_negative = is_negative

    def still(self, need: Size) -> Shrunk:
        self.file.load()
        # Of the whole picture, since it is brought into form in strips.
        span = wide_span(self.file) if self.file.mode in ("I", "F") else None
        # Pillow knows no integers of 32 bits without a sign: what is above the middle has become negative.
        is_wrapped = self._is_unsigned and span is not None and span[0] < 0
        if is_wrapped:
            span = _ALL_OF_32_BITS

        def form(strip: Image.Image) -> Image.Image:
            if is_wrapped:
                strip = Image.frombytes("F", strip.size, strip.tobytes(), "raw", "F;32N")
            image = ready(strip, self._white, span)
            return ImageChops.invert(image) if self._is_negative else image

        return shrunk(self.file, need, form)


def declared_sizes(data: bytes) -> Iterator[Size]:
    directory = first_directory(data)
    yield directory.number(WIDTH, 0), directory.number(HEIGHT, 0)


def opened(data: bytes) -> Source:
    directory = first_directory(data)
    if directory.number(COMPRESSION, 1) not in _COMPRESSIONS:
        raise UnsupportedImage("this compression of TIFF is not supported")
    # Pillow takes white for black where a sample has 16 bits, or doesn't read it.
    is_negative = directory.number(BITS, 1) == 16 and directory.number(MEANING, _BLACK_IS_ZERO) == _WHITE_IS_ZERO
    if is_negative:
        data = _with_black_as_zero(directory)
    if directory.is_big and directory.order == ">":
        data = as_common(first_directory(data))
    return TiffSource(TiffImageFile(BytesIO(data)), directory, is_negative)


def _with_black_as_zero(directory: Directory) -> bytes:
    data = bytearray(directory.data)
    entry = directory.entries[MEANING]
    struct.pack_into(directory.order + {1: "B", 3: "H", 4: "I", 16: "Q"}[entry.kind], data, entry.place, _BLACK_IS_ZERO)
    return bytes(data)
