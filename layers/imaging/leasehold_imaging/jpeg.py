"""JPEG, which can be decoded at a half, a quarter or an eighth of its size, at little cost."""

from __future__ import annotations

from io import BytesIO

from PIL.JpegImagePlugin import JpegImageFile

from .geometry import Size
from .progressive import without_unseen_detail
from .shrink import Shrunk, shrunk
from .source import PillowSource, Source

DETAIL = 1.5
"""How many times larger than needed the decoder leaves a picture: less costs quality, more costs time."""

_END = b"\xff\xd9"


class JpegSource(PillowSource):
    def __init__(self, data: bytes) -> None:
        file = JpegImageFile(BytesIO(data))
        super().__init__(file)
        self._data = data
        self.least_memory = _coefficients(file) if file.info.get("progressive") else 0

    def still(self, need: Size) -> Shrunk:
        scale = self._scale(need)
        data = without_unseen_detail(self._data) if scale == 8 else self._data
        try:
            file = _decoded(data, scale)
        except OSError:
            # Pictures of several parts (MPF) are often cut by tools that don't know where the first one ends.
            if "mp" not in self.file.info:
                raise
            file = _decoded(data + _END, scale)
        small = shrunk(file, need)
        # The decoder rounds up to whole pixels: the picture ends within the last one.
        width, height = (full / scale / part for full, part in zip(self.size, file.size, strict=True))
        return Shrunk(small.image, (small.extent[0] * width, small.extent[1] * height))

    def _scale(self, need: Size) -> int:
        for scale in (8, 4, 2):
            if all(have >= wanted * scale * DETAIL for have, wanted in zip(self.size, need, strict=True)):
                return scale
        return 1


def _coefficients(file: JpegImageFile) -> int:
    """The bytes of all of a picture's coefficients, which a decoder keeps until it has seen the last scan."""
    most_across = max(across for _, across, _, _ in file.layer)
    most_down = max(down for _, _, down, _ in file.layer)
    samples = sum(across * down for _, across, down, _ in file.layer) / (most_across * most_down)
    return round(2 * samples * file.width * file.height)


def _decoded(data: bytes, scale: int) -> JpegImageFile:
    file = JpegImageFile(BytesIO(data))
    file.draft("", (file.width // scale, file.height // scale))
    # All of it at once: the decoder of arithmetic coding can't wait for more.
    file.decodermaxblock = max(len(data), 1)
    file.load()
    return file


def declared_sizes(_data: bytes) -> tuple[Size, ...]:
    return ()  # the decoder reads the header, and nothing else, before it is asked for pixels


def opened(data: bytes) -> Source:
    return JpegSource(data)
