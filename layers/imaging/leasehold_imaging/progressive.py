"""Progressive JPEG at an eighth of its size, without the time for detail that nobody will see.

At an eighth, a block of 8 x 8 pixels becomes one pixel, its mean; of a component that isn't subsampled,
nothing but the mean is looked at. The file's scans of all the finer detail of such a component are four
fifths of the work. They are replaced by a single one of some bytes, which says that the detail of every block
is nought. Leaving them out altogether would be wrong: a decoder that has not seen the detail guesses it, and
the picture changes. So the result is the same to the bit.

Where anything about the file is unusual, it is left as it is, and so is its error, if it has one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_SOI, _EOI, _SOS, _DHT, _DRI, _SOF_PROGRESSIVE = 0xD8, 0xD9, 0xDA, 0xC4, 0xDD, 0xC2
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SPARE_TABLE = 3  # of four Huffman tables; encoders use the first two
_LONGEST_RUN = (1 << 15) - 1


@dataclass(frozen=True, slots=True)
class _Component:
    across: int  # sampling factors
    down: int


@dataclass(frozen=True, slots=True)
class _Frame:
    width: int
    height: int
    components: dict[int, _Component]

    def shows_mean_only(self, component: _Component) -> bool:
        """Whether the decoder, at an eighth, makes one pixel of each of the component's blocks."""
        most_across = max(c.across for c in self.components.values())
        most_down = max(c.down for c in self.components.values())
        return bool(most_across % (2 * component.across) or most_down % (2 * component.down))

    def blocks(self, component: _Component) -> int:
        most_across = max(c.across for c in self.components.values())
        most_down = max(c.down for c in self.components.values())
        across = -(-self.width * component.across // (8 * most_across))
        down = -(-self.height * component.down // (8 * most_down))
        return across * down


@dataclass(frozen=True, slots=True)
class _Part:
    """A marker and all that belongs to it: its segment, and after a start of scan the scan's data."""

    marker: int
    segment: bytes
    start: int
    end: int


class _UnusualError(Exception):
    """The file is not quite as expected, and better left alone."""


def without_unseen_detail(data: bytes) -> bytes:
    """The same picture, when it is decoded at an eighth; `data` itself where there is nothing to gain."""
    try:
        return _rewritten(data, list(_parts(data)))
    except (_UnusualError, struct.error, IndexError):
        return data


def _rewritten(data: bytes, parts: list[_Part]) -> bytes:
    frame = _frame(parts)
    view = memoryview(data)
    kept: list[bytes | memoryview] = [b"\xff\xd8"]
    emptied: set[int] = set()
    for part in parts:
        component = _sole_detail_component(part)
        if component is None or not frame.shows_mean_only(frame.components[component]):
            kept.append(view[part.start : part.end])
        elif component not in emptied:
            emptied.add(component)
            kept.append(_empty_scan(component, frame.blocks(frame.components[component])))
    return b"".join(kept) if emptied else data


def _parts(data: bytes) -> Iterator[_Part]:
    if data[:2] != b"\xff\xd8":
        raise _UnusualError
    start = 2
    is_progressive = False
    while True:
        if data[start] != 0xFF:
            raise _UnusualError
        marker = data[start + 1]
        if marker == _EOI:
            yield _Part(marker, b"", start, start + 2)
            return
        (length,) = struct.unpack_from(">H", data, start + 2)
        end = start + 2 + length
        segment = data[start + 4 : end]
        is_progressive |= marker == _SOF_PROGRESSIVE
        if marker == _SOS:
            if not is_progressive:
                raise _UnusualError  # before its data is searched for an end
            found = _END_OF_SCAN.search(data, end)
            if found is None:
                raise _UnusualError
            end = found.start()
        yield _Part(marker, segment, start, end)
        start = end


def _frame(parts: list[_Part]) -> _Frame:
    frames = [part for part in parts if 0xC0 <= part.marker <= 0xCF and part.marker not in (_DHT, 0xC8, 0xCC)]
    if len(frames) != 1 or frames[0].marker != _SOF_PROGRESSIVE:
        raise _UnusualError
    for part in parts:
        if part.marker == _DRI and any(part.segment):
            raise _UnusualError
        if part.marker == _DHT and _SPARE_TABLE in _tables(part.segment):
            raise _UnusualError
    _precision, height, width, count = struct.unpack_from(">BHHB", frames[0].segment)
    components = {
        number: _Component(sampling >> 4, sampling & 15)
        for number, sampling, _ in struct.iter_unpack(">BBB", frames[0].segment[6 : 6 + 3 * count])
    }
    if not height or any(c.across == 0 or c.down == 0 for c in components.values()):
        raise _UnusualError
    return _Frame(width, height, components)


def _tables(segment: bytes) -> Iterator[int]:
    """The numbers of the Huffman tables that a segment defines, of either class."""
    start = 0
    while start < len(segment):
        yield segment[start] & 15
        start += 17 + sum(segment[start + 1 : start + 17])


def _sole_detail_component(part: _Part) -> int | None:
    """The component whose detail a scan holds, as such a scan has but one; None for other parts."""
    if part.marker != _SOS:
        return None
    if part.segment[0] != 1 or part.segment[3] == 0:
        return None
    return part.segment[1]


def _empty_scan(component: int, blocks: int) -> bytes:
    """A table and a scan, complete and exact, of blocks without any detail.

    A block's detail ends with an "end of band" code, and one such code can stand for up to 32,767 blocks: the
    code of a power of two, then as many bits for the rest.
    """
    rest = blocks % _LONGEST_RUN
    rest_power = max(rest.bit_length() - 1, 0)
    table = bytes([0x10 | _SPARE_TABLE, 1, 1, *[0] * 14, 14 << 4, rest_power << 4])
    bits = ("0" + "1" * 14) * (blocks // _LONGEST_RUN)
    if rest:
        bits += "10" + (f"{rest - (1 << rest_power):0{rest_power}b}" if rest_power else "")
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    return _segment(_DHT, table) + _segment(_SOS, bytes([1, component, _SPARE_TABLE, 1, 63, 0])) + coded


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
