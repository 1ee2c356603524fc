"""HEIF and HEIC, by libheif, which turns the picture itself."""

from __future__ import annotations

from importlib import import_module

from PIL import Image

from .boxes import code_points, declared_sizes, is_sequence_only, item_kinds
from .errors import UnsupportedImage
from .geometry import Size
from .orientation import UPRIGHT
from .profiles import profile_by_code_points
from .shrink import Shrunk, shrunk_rows
from .source import Source, StillSource

__all__ = ["declared_sizes", "opened"]


_CODED_AS = {b"hvc1", b"unci", b"mski"}
"""What is read of what HEIF can hold: HEVC, and pixels that are not coded."""


class HeifSource(StillSource):
    def __init__(self, data: bytes) -> None:
        self._file = import_module("pi_heif").open_heif(data)
        self.size: Size = self._file.size
        # What is coded, its colours quartered, and what is made of it. libheif calls a lack of memory a damage.
        bands = Image.getmodebands(self._file.mode)
        coded = 1.5 if bands > 2 else 1
        self.least_memory = round(self.size[0] * self.size[1] * (coded + bands))
        self.orientation = UPRIGHT
        self.profile: bytes | None = self._file.info.get("icc_profile") or profile_by_code_points(*code_points(data))

    def still(self, need: Size) -> Shrunk:
        file = self._file
        pixels = memoryview(file.data)
        self.size = file.size  # a header can say another size than the coded picture has

        def rows(top: int, bottom: int) -> Image.Image:
            part = pixels[top * file.stride : bottom * file.stride]
            return Image.frombytes(file.mode, (file.size[0], bottom - top), part, "raw", file.mode, file.stride)

        return shrunk_rows(rows, file.size, need)


def opened(data: bytes) -> Source:
    kinds = item_kinds(data)
    if kinds and not kinds & _CODED_AS:
        raise UnsupportedImage("this flavour of HEIF is not supported")
    if is_sequence_only(data):
        raise UnsupportedImage("HEIF films without a still picture are not supported")
    return HeifSource(data)
