"""The boxes of which HEIF and AVIF files are made, as far as limits and colours need them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

UNSPECIFIED = 2  # of ITU-T H.273

_FULL_BOX = 4  # version and flags, before a full box's content


def declared_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """The width and height, in pixels, of every image that the file declares, as far as it can be read."""
    try:
        for properties in _inside(memoryview(data), b"meta", b"iprp", b"ipco"):
            for kind, content in _boxes(properties):
                if kind == b"ispe":
                    yield struct.unpack_from(">II", content, _FULL_BOX)
    except struct.error:
        return


def code_points(data: bytes) -> tuple[int, int]:
    """The numbers of the colour primaries and the transfer curve; UNSPECIFIED where there are none."""
    try:
        for properties in _inside(memoryview(data), b"meta", b"iprp", b"ipco"):
            for kind, content in _boxes(properties):
                if kind == b"colr" and bytes(content[:4]) == b"nclx":
                    primaries, transfer = struct.unpack_from(">HH", content, 4)
                    return primaries, transfer
    except struct.error:
        pass
    return UNSPECIFIED, UNSPECIFIED


def av1_bytes_a_pixel(data: bytes) -> float:
    """The bytes that a decoder keeps for a pixel before it makes RGB of it, for the deepest image of the file."""
    most = 0.0
    try:
        for properties in _inside(memoryview(data), b"meta", b"iprp", b"ipco"):
            for kind, content in _boxes(properties):
                if kind == b"av1C":
                    most = max(most, _bytes_a_pixel(content[2]))
    except (struct.error, IndexError):
        pass
    return most


def _bytes_a_pixel(flags: int) -> float:
    """By the flags of an AV1 configuration: for depth, for having no colours, and for their being halved."""
    is_deep, is_grey = flags & 0x40, flags & 0x10
    colours = 0.0 if is_grey else 2 / (1 + bool(flags & 8)) / (1 + bool(flags & 4))
    return (1 + colours) * (2 if is_deep else 1)


def item_kinds(data: bytes) -> set[bytes]:
    """What the images and other items of the file are coded as: `hvc1`, `av01`, `grid`, `Exif` and so on."""
    kinds = set()
    for infos in _inside(memoryview(data), b"meta", b"iinf"):
        for length in (2, 4):  # of the count, before the boxes
            for kind, content in _boxes(infos[_FULL_BOX + length :]):
                if kind == b"infe" and content[0] in (2, 3):
                    start = _FULL_BOX + 2 * content[0]
                    kinds.add(bytes(content[start : start + 4]))
    return kinds


def is_sequence_only(data: bytes) -> bool:
    """Whether the file has a film, and no still picture beside it."""
    kinds = {kind for kind, _ in _boxes(memoryview(data))}
    return b"moov" in kinds and b"meta" not in kinds


def _inside(content: memoryview, *path: bytes) -> Iterator[memoryview]:
    if not path:
        yield content
        return
    for kind, inner in _boxes(content):
        if kind == path[0]:
            yield from _inside(inner[_FULL_BOX:] if kind == b"meta" else inner, *path[1:])


def _boxes(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    start = 0
    while start + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, start)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", content, start + 8)
            head = 16
        if length == 0:
            length = len(content) - start
        if length < head:
            return
        yield kind, content[start + head : start + length]
        start += length
