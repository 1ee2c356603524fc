"""GIF. Only as many frames are read as are wanted: a file can hold a hundred thousand."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageChops
from PIL.GifImagePlugin import GifImageFile

from .geometry import Size
from .shrink import Shrunk, shrunk
from .source import FOREVER, Frame, PillowSource, Source

ONCE = 1


class GifSource(PillowSource):
    def __init__(self, data: bytes) -> None:
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
            while True:
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


def opened(data: bytes) -> Source:
    return GifSource(data)
