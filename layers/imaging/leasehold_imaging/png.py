"""PNG. Where its pixels have 8 bits and come row by row, they are averaged while the file is inflated.

Three things make that faster than reading the picture whole. `inflate` takes a half to a tenth of zlib's time.
libspng unfilters faster than Pillow. And a strip of rows that was just inflated is still in the processor's
cache when it is unfiltered and averaged. It takes a few megabytes, however large the picture is.

Each strip is unfiltered as a small PNG of its own. A filter looks at the row above at most, so the strip gets
the last row of the strip before as its first, unfiltered.

Everything else, 16 bits and interlaced pictures above all, is read whole by Pillow, from a file without the
chunks that no thumbnail needs, since those can be broken or inflate to gigabytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from . import libspng
from .errors import CorruptImage
from .geometry import Size
from .inflate import PIECE, inflated
from .orientation import orientation_in_exif
from .pixels import ready
from .profiles import SRGB, Primaries, profile_by_code_points, rgb_profile
from .shrink import Shrunk, block_for, stacked
from .source import FOREVER, AnimatedPillowSource, Frame, Source

_SIGNATURE_LENGTH = 8
_STILL = {b"IHDR", b"PLTE", b"tRNS", b"IDAT"}
_MOVING = _STILL | {b"acTL", b"fcTL", b"fdAT"}
_NOTED = {b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"gAMA", b"cHRM", b"sRGB", b"cICP"}
_END = b"\0\0\0\0IEND\xaeB`\x82"

_GREY, _TRUE_COLOUR, _PALETTE, _GREY_ALPHA, _TRUE_COLOUR_ALPHA = 0, 2, 3, 4, 6
_MODES = {_GREY: "L", _TRUE_COLOUR: "RGB", _PALETTE: "P", _GREY_ALPHA: "LA", _TRUE_COLOUR_ALPHA: "RGBA"}
_SAMPLES = {_GREY: 1, _TRUE_COLOUR: 3, _PALETTE: 1, _GREY_ALPHA: 2, _TRUE_COLOUR_ALPHA: 4}

_MOST_STORED = 0xFFFF
"""The most bytes that a block of a deflate stream can hold as they are."""

_MOST_PROFILE_BYTES = 1 << 22


Stream = Sequence[bytes | memoryview]
"""Bytes in pieces, to be joined once."""


@dataclass(slots=True)
class _File:
    """What a PNG says before its pixels, and where the chunks of pixels lie: their names, starts and ends."""

    data: bytes
    size: Size
    depth: int
    colours: int
    interlaced: bool
    noted: dict[bytes, bytes] = field(default_factory=dict)
    pixels: list[tuple[bytes, int, int]] = field(default_factory=list)

    @property
    def comes_in_rows(self) -> bool:
        if self.depth != 8 or self.interlaced:
            return False
        if self.colours == _PALETTE:
            return b"PLTE" in self.noted
        return self.colours in _MODES and b"tRNS" not in self.noted


class PngSource:
    least_memory = 0

    def __init__(self, data: bytes) -> None:
        self._file = _read(data)
        self.size: Size = self._file.size
        self.orientation = orientation_in_exif(self._file.noted.get(b"eXIf"))
        self.profile = _profile(self._file)
        self._loops = FOREVER

    def still(self, need: Size) -> Shrunk:
        block = block_for(self.size, need)
        if block == 1 or not self._file.comes_in_rows:
            return self._read_by_pillow(_STILL).still(need)
        strips = [self._averaged(strip, block) for strip in _strips(self._file, block)]
        return Shrunk(stacked(strips), (self.size[0] / block, self.size[1] / block))

    def frames(self, need: Size) -> Iterator[Frame]:
        if any(name == b"acTL" for name, _, _ in self._file.pixels):
            moving = self._read_by_pillow(_MOVING)
            self._loops = moving.loops()
            yield from moving.frames(need)

    def loops(self) -> int:
        return self._loops

    def _averaged(self, strip: Image.Image, block: int) -> Image.Image:
        """The strip, without its first row, which is the last one of the strip before."""
        if strip.mode == "P":
            strip.putpalette(self._file.noted[b"PLTE"])
            if b"tRNS" in self._file.noted:
                strip.info["transparency"] = self._file.noted[b"tRNS"]
        return ready(strip).reduce(block, (0, 1, *strip.size))

    def _read_by_pillow(self, names: set[bytes]) -> AnimatedPillowSource:
        image = PngImageFile(BytesIO(_with_only(names, self._file)))
        transparent = image.info.get("transparency")
        # Given in the file's depth, needed in the one that Pillow decodes to.
        if isinstance(transparent, tuple):
            image.info["transparency"] = tuple(value >> self._file.depth - 8 for value in transparent)
        elif isinstance(transparent, int) and image.mode == "L":
            image.info["transparency"] = transparent * 255 // ((1 << self._file.depth) - 1)
        return AnimatedPillowSource(image)


def _read(data: bytes) -> _File:
    length, name, width, height, depth, colours, _, _, interlaced = struct.unpack_from(
        ">I4sIIBBBBB", data, _SIGNATURE_LENGTH
    )
    if name != b"IHDR" or length != 13 or not width or not height:
        raise CorruptImage("the PNG's header is damaged")
    file = _File(data, (width, height), depth, colours, bool(interlaced))
    for name, start, end in _chunks(data):
        if name in _MOVING:
            file.pixels.append((name, start, end))
        if name in _NOTED:
            file.noted.setdefault(name, data[start:end])
    return file


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    position = _SIGNATURE_LENGTH
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if name == b"IEND":
            return
        yield name, position + 8, min(position + 8 + length, len(data))
        position += 12 + length


def _with_only(names: set[bytes], file: _File) -> bytes:
    """The PNG without its texts and the like: those can be broken, or inflate to gigabytes."""
    view = memoryview(file.data)
    kept = [view[start - 8 : end + 4] for name, start, end in file.pixels if name in names]
    return b"".join([view[:_SIGNATURE_LENGTH], *kept, _END])


def _strips(file: _File, block: int) -> Iterator[Image.Image]:
    """The picture from top to bottom in strips, each with the row above it as its first, and each in the same image.

    The height of a strip without that row is a multiple of `block`, save the last one's.
    """
    width, height = file.size
    stride = 1 + width * _SAMPLES[file.colours]
    most_rows = max(1, PIECE // (stride * block)) * block
    view = memoryview(file.data)
    compressed = (view[start:end] for name, start, end in file.pixels if name == b"IDAT")
    unfilter = _unfilter_by_libspng if libspng.is_available() else _unfilter_by_pillow
    strip = Image.new(_MODES[file.colours], (width, most_rows + 1))
    above = bytes(stride - 1)
    for pieces in inflated(compressed, len(view), stride * height, stride * most_rows):
        rows = 1 + sum(map(len, pieces)) // stride
        if rows != strip.height:
            strip = Image.new(strip.mode, (width, rows))
        above = unfilter(file, list(_stored(b"\0" + above, *pieces)), strip)
        yield strip


def _unfilter_by_libspng(file: _File, stream: Stream, strip: Image.Image) -> bytes:
    """Fills a strip from the stream of its rows, and gives back the last one's bytes."""
    colours = _GREY if file.colours == _PALETTE else file.colours  # filters know no palette
    stride = strip.width * _SAMPLES[file.colours]
    header = struct.pack(">IIBBBBB", *strip.size, 8, colours, 0, 0, 0)
    small = (file.data[:_SIGNATURE_LENGTH], *_chunk(b"IHDR", [header]), *_chunk(b"IDAT", stream), _END)
    pixels = libspng.decoded(b"".join(small), stride * strip.height)
    strip.frombytes(pixels, "raw", strip.mode)
    return bytes(pixels[-stride:])


def _unfilter_by_pillow(_file: _File, stream: Stream, strip: Image.Image) -> bytes:
    """The same, by Pillow's decoder."""
    strip.frombytes(b"".join(stream), "zip", strip.mode, 0)
    return strip.crop((0, strip.height - 1, *strip.size)).tobytes()


def _chunk(name: bytes, content: Stream) -> Iterator[bytes | memoryview]:
    """A chunk without a checksum, for a reader that doesn't look at it."""
    yield struct.pack(">I", sum(map(len, content)))
    yield name
    yield from content
    yield bytes(4)


def _stored(*parts: bytes | memoryview) -> Iterator[bytes | memoryview]:
    """A zlib stream of the parts as they are, in blocks without compression and without an end."""
    yield b"\x78\x01"
    for part in parts:
        for start in range(0, len(part), _MOST_STORED):
            block = part[start : start + _MOST_STORED]
            yield struct.pack("<BHH", 0, len(block), len(block) ^ _MOST_STORED)
            yield block


def _profile(file: _File) -> bytes | None:
    """What the picture says of its colours, the best of it first; None where that is sRGB, nothing or broken.

    A gamma alone, without chromaticities, is passed over, as by libvips and Pillow: it is wrong too often.
    """
    said = file.noted
    if len(said.get(b"cICP", b"")) == 4:
        return profile_by_code_points(said[b"cICP"][0], said[b"cICP"][1])
    if b"iCCP" in said:
        return _inflated_profile(said[b"iCCP"])
    if b"sRGB" in said:
        return None
    primaries = _primaries(said.get(b"cHRM", b""))
    if primaries is None or file.colours in (_GREY, _GREY_ALPHA):
        return None
    gamma = _gamma(said.get(b"gAMA", b""))
    return None if primaries == SRGB and gamma is None else rgb_profile(primaries, gamma)


def _inflated_profile(content: bytes) -> bytes | None:
    _name, _, packed = content.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], _MOST_PROFILE_BYTES) or None
    except zlib.error:
        return None


def _gamma(content: bytes) -> float | None:
    """The exponent from value to light; None for that of sRGB, or none that makes sense."""
    inverse = int.from_bytes(content, "big") / 100_000 if len(content) == 4 else 0
    if not 0.1 < inverse < 10 or abs(inverse - 1 / 2.2) < 0.001:
        return None
    return 1 / inverse


def _primaries(content: bytes) -> Primaries | None:
    if len(content) != 32:
        return None
    white, red, green, blue = ((x / 100_000, y / 100_000) for x, y in struct.iter_unpack(">II", content))
    if not all(0 < y <= 1 and x < 1 for x, y in (white, red, green, blue)):
        return None
    return Primaries(red, green, blue, white)


def declared_sizes(_data: bytes) -> tuple[Size, ...]:
    return ()  # the decoder reads the header, and nothing else, before it is asked for pixels


def opened(data: bytes) -> Source:
    return PngSource(data)
