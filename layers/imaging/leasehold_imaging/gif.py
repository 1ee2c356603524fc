"""GIF. Only as many frames are read as are wanted: a file can hold a hundred thousand."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from PIL.GifImagePlugin import GifImageFile

from .geometry import Size
from .shrink import shrunk
from .source import AnimatedPillowSource, Frame, Source

ONCE = 1


class GifSource(AnimatedPillowSource):
    LOOPS_WHERE_NOTHING_IS_SAID = ONCE

    def frames(self, need: Size) -> Iterator[Frame]:
        # Without n_frames, which reads the whole file.
        if not getattr(self.file, "is_animated", False):
            return
        try:
            while True:
                self.file.load()
                yield Frame(shrunk(self.file, need), round(self.file.info.get("duration", 0)))
                self.file.seek(self.file.tell() + 1)
        except EOFError:
            return


def opened(data: bytes) -> Source:
    return GifSource(GifImageFile(BytesIO(data)))
