"""Which way up a picture is, as its EXIF says, and turning it so."""

from __future__ import annotations

import struct

from PIL import Image

UPRIGHT = 1
_SIDEWAYS = (5, 6, 7, 8)

_ORIENTATION_TAG = 0x0112
_NUMBERS = {1: "B", 3: "H", 4: "I"}  # a SHORT as it should be, or what careless programs write instead

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_in_exif(exif: bytes | None) -> int:
    """The orientation, 1 to 8, that an EXIF block names; 1 where it names none or is broken.

    Only the first directory is walked, so a hostile block costs nothing and never its picture.
    """
    try:
        return _orientation(exif or b"")
    except struct.error:
        return UPRIGHT


def _orientation(exif: bytes) -> int:
    block = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return UPRIGHT
    (directory,) = struct.unpack_from(order + "I", block, 4)
    (entries,) = struct.unpack_from(order + "H", block, directory)
    for entry in range(directory + 2, directory + 2 + 12 * entries, 12):
        tag, kind = struct.unpack_from(order + "HH", block, entry)
        if tag == _ORIENTATION_TAG and kind in _NUMBERS:
            (value,) = struct.unpack_from(order + _NUMBERS[kind], block, entry + 8)
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT


def is_sideways(orientation: int) -> bool:
    return orientation in _SIDEWAYS


def oriented_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """The width and height that a picture stored with `size` has once turned; its own inverse."""
    return (size[1], size[0]) if is_sideways(orientation) else size


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """The picture the right way up."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
