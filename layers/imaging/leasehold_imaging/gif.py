"""GIF. Only as many frames are read as are wanted: a file can hold a hundred thousand."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from itertools import islice

from PIL import Image, ImageChops
from PIL.GifImagePlugin import GifImageFile

from .geometry import Size
from .shrink import Shrunk, shrunk
from .source import FOREVER, Frame, PillowSource, Source

ONCE = 1


class GifSource(PillowSource):
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._gif = GifImageFile(BytesIO(data))
        super().__init__(self._gif)
        self._drawn: Image.Image | None = None  # where on the canvas a frame has drawn; None for everywhere
        if self._extent() != (0, 0, *self.size):
            self._drawn = Image.new("L", self.size)

    def still(self, need: Size) -> Shrunk:
        return shrunk(self._frame(), need)

    def frames(self, need: Size) -> Iterator[Frame]:
        # Neither by n_frames, which reads the whole file, nor past a frame that is not wanted.
        if not self._gif.is_animated:
            return
        try:
            for width, height in _sizes(self._data):
                if width > self.size[0] or height > self.size[1]:
                    return  # Pillow would make the canvas as large as this frame says
                yield Frame(shrunk(self._frame(), need), round(self._gif.info.get("duration", 0)))
                self._gif.seek(self._gif.tell() + 1)
        except EOFError:
            return

    def loops(self) -> int:
        """A GIF counts how often it starts again, and says nothing where it doesn't."""
        again = self._gif.info.get("loop")
        if again is None:
            return ONCE
        return int(again) + 1 if again else FOREVER

    def _frame(self) -> Image.Image:
        """The canvas as it is now. What no frame has drawn on is transparent; Pillow leaves it coloured."""
        extent = self._extent()
        self._gif.load()
        if self._drawn is None:
            return self._gif
        self._drawn.paste(255, extent)
        canvas = self._gif.convert("RGBA")
        canvas.putalpha(ImageChops.darker(canvas.getchannel("A"), self._drawn))
        return canvas

    def _extent(self) -> tuple[int, int, int, int]:
        """Where on the canvas the frame that is about to be loaded draws."""
        tiles = self._gif.tile
        return tiles[0].extents or (0, 0, *self.size) if tiles else (0, 0, 0, 0)


def declared_sizes(data: bytes) -> Iterator[Size]:
    """The canvas that the first frame needs. Pillow reserves it at once."""
    return islice(_sizes(data), 1)


def _sizes(data: bytes) -> Iterator[Size]:
    """The canvas that each frame needs, made larger where the frame reaches over its border."""
    width, height, packed = struct.unpack_from("<HHB", data, 6)
    position = 13 + _table_length(packed)
    while position < len(data):
        match data[position]:
            case 0x2C:
                left, top, across, down, packed = struct.unpack_from("<HHHHB", data, position + 1)
                yield max(width, left + across), max(height, top + down)
                position = _after_blocks(data, position + 11 + _table_length(packed))
            case 0x21:
                position = _after_blocks(data, position + 2)
            case 0x3B:
                return
            case _:
                position += 1  # as Pillow does


def _table_length(packed: int) -> int:
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _after_blocks(data: bytes, position: int) -> int:
    while position < len(data) and data[position]:
        position += 1 + data[position]
    return position + 1


def opened(data: bytes) -> Source:
    return GifSource(data)
