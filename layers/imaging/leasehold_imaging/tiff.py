"""TIFF, which Pillow turns by the orientation tag while loading."""

from __future__ import annotations

from io import BytesIO

from PIL.TiffImagePlugin import TiffImageFile

from .geometry import Size
from .orientation import UPRIGHT
from .pixels import ready
from .shrink import Shrunk, shrunk
from .source import PillowSource, Source

_BITS_PER_SAMPLE = 258


class TiffSource(PillowSource):
    def __init__(self, file: TiffImageFile) -> None:
        super().__init__(file)
        self.orientation = UPRIGHT
        bits = file.tag_v2.get(_BITS_PER_SAMPLE, (16,))[0]
        self._white = (1 << bits) - 1 if 8 < bits < 16 else 65535

    def still(self, need: Size) -> Shrunk:
        self.file.load()
        return shrunk(self.file, need, lambda strip: ready(strip, self._white))


def declared_sizes(_data: bytes) -> tuple[Size, ...]:
    return ()  # the decoder reads the header, and nothing else, before it is asked for pixels


def opened(data: bytes) -> Source:
    return TiffSource(TiffImageFile(BytesIO(data)))
