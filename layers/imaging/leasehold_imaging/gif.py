"""GIF. Only as many frames are read as are wanted: a file can hold a hundred thousand.

Pillow decodes a frame's pixels. The canvas is kept here, because Pillow takes a frame that is to vanish by the
transparency of the next one, and makes the canvas as large as any later frame says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from PIL import Image

from .errors import CorruptImage
from .geometry import Size
from .orientation import UPRIGHT
from .shrink import Shrunk, shrunk, shrunk_rows
from .source import FOREVER, Frame, Source

ONCE = 1

_TO_BACKGROUND, _TO_PREVIOUS, _TO_PREVIOUS_TOO = 2, 3, 4  # how a frame vanishes before the next one comes
_NOTHING = (0, 0, 0, 0)
_GREYS = bytes(value for grey in range(256) for value in (grey, grey, grey))
_LOOPING = (b"\x0bNETSCAPE2.0\x03\x01", b"\x0bANIMEXTS1.0\x03\x01")


@dataclass(frozen=True, slots=True)
class _Control:
    """What an extension says of the frame after it."""

    disposal: int = 0
    milliseconds: int = 0
    transparent: int | None = None


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A frame as the file has it: where it lies on the canvas, its colours, and where its pixels are stored."""

    left: int
    top: int
    size: Size
    palette: bytes
    is_interlaced: bool
    control: _Control
    bits: int
    start: int
    end: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        return (self.left, self.top, self.left + self.size[0], self.top + self.size[1])


class GifSource:
    least_memory = 0

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._again: int | None = None
        width, height, packed, background = struct.unpack_from("<HHBB", data, 6)
        self._palette = data[13 : 13 + _table_length(packed)]
        self._background = self._palette[3 * background : 3 * background + 3]
        first = next(self._drawings(), None)
        if first is None or not all(first.size):
            raise CorruptImage("the GIF has no picture in it")
        self._first = first
        self.size: Size = (max(width, first.box[2]), max(height, first.box[3]))
        self.orientation = UPRIGHT
        self.profile: bytes | None = None

    def still(self, need: Size) -> Shrunk:
        pixels = self._pixels(self._first)
        left, top, _, bottom = self._first.box
        if pixels.size == self.size:
            return shrunk(pixels, need)

        def rows(start: int, end: int) -> Image.Image:
            band = Image.new("RGBA", (self.size[0], end - start))
            first, last = max(start, top), min(end, bottom)
            if first < last:
                part = pixels.crop((0, first - top, pixels.width, last - top))
                band.paste(part.convert("RGBA"), (left, first - start))
            return band

        return shrunk_rows(rows, self.size, need)

    def frames(self, need: Size) -> Iterator[Frame]:
        drawings = self._drawings()
        start = list(islice(drawings, 2))
        if len(start) < 2:
            return
        canvas = Image.new("RGBA", self.size)
        for drawing in chain(start, drawings):
            if drawing.size[0] > self.size[0] or drawing.size[1] > self.size[1]:
                return  # a small file can say any size here
            before = canvas.copy() if drawing.control.disposal in (_TO_PREVIOUS, _TO_PREVIOUS_TOO) else None
            self._draw(drawing, canvas)
            yield Frame(shrunk(canvas, need), drawing.control.milliseconds)
            if drawing.control.disposal == _TO_BACKGROUND:
                canvas.paste(self._left_by(drawing), drawing.box)
            canvas = before or canvas

    def loops(self) -> int:
        """A GIF counts how often it starts again, and says nothing where it doesn't."""
        if self._again is None:
            return ONCE
        return self._again + 1 if self._again else FOREVER

    def _draw(self, drawing: _Drawing, canvas: Image.Image) -> None:
        if all(drawing.size):
            pixels = self._pixels(drawing).convert("RGBA")
            canvas.paste(pixels, (drawing.left, drawing.top), pixels)

    def _left_by(self, drawing: _Drawing) -> tuple[int, ...]:
        """The colour where a frame has vanished: nothing, or of a frame without transparency the background."""
        if drawing.control.transparent is None and len(self._background) == 3:
            return (*self._background, 255)
        return _NOTHING

    def _pixels(self, drawing: _Drawing) -> Image.Image:
        stored = self._data[drawing.start : drawing.end]
        is_grey = drawing.palette == _GREYS[: len(drawing.palette)]
        mode = "L" if is_grey else "P"
        try:
            image = Image.frombytes(mode, drawing.size, stored, "gif", drawing.bits, drawing.is_interlaced, -1)
        except ValueError:
            if drawing.end > len(self._data):
                raise CorruptImage("the GIF's data ends too early") from None
            raise
        if not is_grey:
            image.putpalette(drawing.palette)
        if drawing.control.transparent is not None:
            image.info["transparency"] = drawing.control.transparent
        return image

    def _drawings(self) -> Iterator[_Drawing]:
        data = self._data
        control = _Control()
        for start in _blocks(data):
            if data[start] == 0x2C:
                left, top, width, height, packed = struct.unpack_from("<HHHHB", data, start + 1)
                colours = start + 10
                codes = colours + _table_length(packed)
                yield _Drawing(
                    left, top, (width, height),
                    data[colours:codes] or self._palette or _GREYS,
                    bool(packed & 0x40), control, data[codes], codes + 1, _after_blocks(data, codes + 1),
                )  # fmt: skip
                control = _Control()
            elif data[start + 1 : start + 3] == b"\xf9\x04":
                packed, hundredths, transparent = struct.unpack_from("<BHB", data, start + 3)
                control = _Control(packed >> 2 & 7, hundredths * 10, transparent if packed & 1 else None)
            elif data[start + 2 : start + 16] in _LOOPING:
                (self._again,) = struct.unpack_from("<H", data, start + 16)


def _blocks(data: bytes) -> Iterator[int]:
    """Where the file's frames and extensions start."""
    position = 13 + _table_length(data[10])
    while position < len(data):
        match data[position]:
            case 0x2C:
                yield position
                (packed,) = struct.unpack_from("<B", data, position + 9)
                position = _after_blocks(data, position + 11 + _table_length(packed))
            case 0x21:
                yield position
                position = _after_blocks(data, position + 2)
            case 0x3B:
                return
            case _:
                position += 1  # what lies between is passed over, as by all decoders


def declared_sizes(_data: bytes) -> tuple[Size, ...]:
    return ()  # nothing is reserved before the size of the canvas is known


def _table_length(packed: int) -> int:
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _after_blocks(data: bytes, position: int) -> int:
    while position < len(data) and data[position]:
        position += 1 + data[position]
    return position + 1


def opened(data: bytes) -> Source:
    return GifSource(data)
