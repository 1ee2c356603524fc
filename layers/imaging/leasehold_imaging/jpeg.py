"""JPEG, which can be decoded at a half, a quarter or an eighth of its size, at little cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageChops
from PIL.JpegImagePlugin import JpegImageFile

from .errors import CorruptImage, UnsupportedImage
from .geometry import Size
from .progressive import without_unseen_detail
from .shrink import Shrunk, shrunk
from .source import PillowSource, Source

DETAIL = 1.5
"""How many times larger than needed the decoder leaves a picture: less costs quality, more costs time."""

_END = b"\xff\xd9"
_START_OF_SCAN, _LOSSLESS = 0xDA, 0xC3
_WITHOUT_CONTENT = {0x01, *range(0xD0, 0xD9)}
_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_BASELINE = {0xC0, 0xC1}
_CHECKED = {*_BASELINE, 0xC2}  # and of a progressive one the first scan, which holds a little of each pixel
_FRAMES_READ = {*_CHECKED, _LOSSLESS, 0xC9, 0xCA}
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_MID_GREYS = {128, (128, 128, 128), (127, 127, 127, 127)}
_FILLING = bytes(range(0, 250, 3))
"""What is no picture, but would be seen where one is missing."""


class JpegSource(PillowSource):
    def __init__(self, data: bytes) -> None:
        self._coding = _coding(data)
        file = JpegImageFile(BytesIO(data))
        super().__init__(file)
        self._data = data
        self.least_memory = _coefficients(file) if file.info.get("progressive") else 0

    def still(self, need: Size) -> Shrunk:
        scale = self._scale(need)
        file = self._decoded(scale)
        small = shrunk(file, need)
        # The decoder rounds up to whole pixels: the picture ends within the last one.
        width, height = (full / scale / part for full, part in zip(self.size, file.size, strict=True))
        return Shrunk(small.image, (small.extent[0] * width, small.extent[1] * height))

    def _scale(self, need: Size) -> int:
        if self._coding == _LOSSLESS:
            return 1
        for scale in (8, 4, 2):
            if all(have >= wanted * scale * DETAIL for have, wanted in zip(self.size, need, strict=True)):
                return scale
        return 1

    def _decoded(self, scale: int) -> JpegImageFile:
        data = without_unseen_detail(self._data) if scale == 8 else self._data
        # Pictures of several parts (MPF) are often cut by tools that don't know where the first one ends.
        may_be_cut = "mp" in self.file.info
        is_doubtful = False
        try:
            file = _decoded(data, scale)
        except OSError:
            if not (may_be_cut or self._coding in _BASELINE):
                raise
            file = _decoded(data + _END, scale)
            is_doubtful = True
        if may_be_cut or self._coding not in _CHECKED:
            return file
        if (is_doubtful or _ends_grey(file)) and _misses_pixels(data, scale, file):
            raise CorruptImage("the JPEG's data ends too early")
        return file


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


def _ends_grey(file: Image.Image) -> bool:
    """Whether the last pixel is as the decoder makes those that the file doesn't have."""
    return file.getpixel((file.width - 1, file.height - 1)) in _MID_GREYS


def _misses_pixels(data: bytes, scale: int, file: Image.Image) -> bool:
    """Whether the decoder, which doesn't tell, came to the scan's end before it had all pixels.

    More bytes are put there: a decoder that has what it wants passes over them, and another one shows them.
    """
    end = len(data)
    for marker, content in _segments(data):
        if marker == _START_OF_SCAN and (found := _END_OF_SCAN.search(data, content)):
            end = found.start()
    filled = b"".join((data[:end], _FILLING, data[end:], _END))
    return ImageChops.difference(file, _decoded(filled, scale)).getbbox() is not None


def _coding(data: bytes) -> int | None:
    """The marker of the way in which the pixels are coded. Raises UnsupportedImage where it is none that is read."""
    for marker, content in _segments(data):
        if marker in _FRAMES:
            bits = data[content + 2]
            if marker not in _FRAMES_READ or 8 < bits <= 16:
                raise UnsupportedImage("this flavour of JPEG is not supported")
            return marker
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """The markers up to the first scan, and where what belongs to each starts, with its length."""
    position = 2
    while (position := data.find(b"\xff", position)) >= 0 and position + 4 < len(data):
        marker = data[position + 1]
        if marker == 0xFF or not marker:
            position += 1
        elif marker in _WITHOUT_CONTENT:
            position += 2
        else:
            yield marker, position + 2
            if marker in (_START_OF_SCAN, _END[1]):
                return
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")


def declared_sizes(_data: bytes) -> tuple[Size, ...]:
    return ()  # the decoder reads the header, and nothing else, before it is asked for pixels


def opened(data: bytes) -> Source:
    return JpegSource(data)
