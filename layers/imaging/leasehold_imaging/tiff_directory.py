"""A TIFF's first directory: what the file says of its picture, as far as it must be known before Pillow reads it.

Pillow leaves out tags that it can't read, and then takes a file that was cut for one of an odd kind; and it doesn't
read large files (BigTIFF) in big-endian order, which are made into common ones here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .errors import CorruptImage

WIDTH, HEIGHT, BITS, COMPRESSION, MEANING = 256, 257, 258, 259, 262
SAMPLE_FORMAT = 339

_NEEDED = {WIDTH, HEIGHT, BITS, COMPRESSION, MEANING, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 338, 339}
"""The tags without which, or without all of which, a picture is misread."""

_STORED = ((273, 279), (324, 325))
"""The tags that say where the strips, or the tiles, lie, and how long they are."""

_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
_SHORTER = {16: 4, 17: 9, 18: 13}  # of types with 8 bytes, those with 4
_MOST_ENTRIES = 0xFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """A tag's type, how many values it has, and where they lie."""

    kind: int
    count: int
    place: int

    @property
    def end(self) -> int:
        return self.place + self.count * _BYTES.get(self.kind, 0)


@dataclass(frozen=True, slots=True)
class Directory:
    data: bytes
    order: str
    is_big: bool
    entries: dict[int, Entry]

    def number(self, tag: int, default: int) -> int:
        """The first value of a tag."""
        numbers = self._numbers(tag, most=1)
        return numbers[0] if numbers else default

    @property
    def pixels_end(self) -> int:
        """Where the last of the strips or tiles ends."""
        return max(
            (
                place + length
                for where, long in _STORED
                for place, length in zip(self._numbers(where), self._numbers(long), strict=False)
            ),
            default=0,
        )

    def _numbers(self, tag: int, most: int = 1 << 32) -> tuple[int, ...]:
        entry = self.entries.get(tag)
        if entry is None or entry.kind not in _NUMBERS:
            return ()
        form = f"{self.order}{min(entry.count, most)}{_NUMBERS[entry.kind]}"
        return struct.unpack_from(form, self.data, entry.place)


def first_directory(data: bytes) -> Directory:
    """Raises CorruptImage where it, or what its tags say of the pixels, is not all there."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = struct.unpack_from(order + "H", data, 2) == (43,)
    word, head = ("Q", 8) if is_big else ("I", 2)
    (start,) = struct.unpack_from(order + word, data, 8 if is_big else 4)
    try:
        (count,) = struct.unpack_from(order + ("Q" if is_big else "H"), data, start)
        entries = dict(_entry(data, start + head, index, order, word) for index in range(min(count, _MOST_ENTRIES)))
    except (struct.error, OverflowError):
        raise CorruptImage("the TIFF's data ends too early") from None
    if any(tag in _NEEDED and entry.end > len(data) for tag, entry in entries.items()):
        raise CorruptImage("the TIFF's data ends too early")
    return Directory(data, order, is_big, entries)


def _entry(data: bytes, start: int, index: int, order: str, word: str) -> tuple[int, Entry]:
    room = struct.calcsize(order + word)
    position = start + index * (4 + 2 * room)
    tag, kind, count = struct.unpack_from(order + "HH" + word, data, position)
    place = position + 4 + room
    if count * _BYTES.get(kind, 0) > room:
        (place,) = struct.unpack_from(order + word, data, place)
    elif place + room > len(data):
        raise struct.error
    return tag, Entry(kind, count, place)


def as_common(directory: Directory) -> bytes:
    """A large file with a common header, and a common directory, of the first picture alone, at its end."""
    data, order = directory.data, directory.order
    if directory.pixels_end > len(data):
        raise CorruptImage("the TIFF's data ends too early")  # and not with what is added here
    readable = {tag: entry for tag, entry in directory.entries.items() if entry.kind in _BYTES}
    listed = struct.pack(order + "H", len(readable))
    start = len(data) + len(data) % 2
    values = b""
    values_start = start + 2 + 12 * len(readable) + 4
    for tag, entry in sorted(readable.items()):
        stored = data[entry.place : entry.end]
        if entry.kind in _SHORTER:
            stored = struct.pack(f"{order}{entry.count}I", *struct.unpack(f"{order}{entry.count}Q", stored))
        listed += struct.pack(order + "HHI", tag, _SHORTER.get(entry.kind, entry.kind), entry.count)
        if len(stored) <= 4:
            listed += stored.ljust(4, b"\0")
        else:
            listed += struct.pack(order + "I", values_start + len(values))
            values += stored + bytes(len(stored) % 2)
    header = data[:2] + struct.pack(order + "HI", 42, start)
    return b"".join((header, data[8:], bytes(len(data) % 2), listed, bytes(4), values))
