"""Inflating gives back what was compressed, whichever library does it: one for noise, another for what repeats."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator

import pytest

from leasehold_imaging import CorruptImage
from leasehold_imaging.inflate import PIECE, inflated
from tests.imaging.drawing import png, thumbnail

NOISE = random.Random(7).randbytes(PIECE + 1234)
SOME_NOISE = b"".join(NOISE[start : start + 9000] * 6 for start in range(0, len(NOISE), 9000))
REPEATS = bytes(range(256)) * 4000
EACH = pytest.mark.parametrize("content", [NOISE, SOME_NOISE, REPEATS], ids=["noise", "some noise", "repeats"])


def parts(stream: bytes, size: int) -> list[memoryview]:
    return [memoryview(stream)[start : start + size] for start in range(0, len(stream), size)]


def portions(stream: bytes, size: int, length: int, portion: int) -> Iterator[bytes]:
    return (b"".join(pieces) for pieces in inflated(parts(stream, size), len(stream), length, portion))


@EACH
@pytest.mark.parametrize("size", [3, 40_000, 1 << 20], ids="parts of {} bytes".format)
@pytest.mark.parametrize("portion", [999, PIECE, PIECE + 7, 1 << 21], ids="portions of {} bytes".format)
def test_it_comes_in_portions_however_it_was_cut(content: bytes, size: int, portion: int) -> None:
    got = list(portions(zlib.compress(content), size, len(content), portion))
    assert b"".join(got) == content
    assert all(len(each) == portion for each in got[:-1])


@EACH
@pytest.mark.parametrize("size", [3, 1 << 20], ids="parts of {} bytes".format)
def test_an_end_that_comes_too_early_is_told(content: bytes, size: int) -> None:
    stream = zlib.compress(content)
    with pytest.raises(EOFError):
        list(portions(stream[: len(stream) // 2], size, len(content), 5000))
    with pytest.raises(EOFError):
        list(portions(stream, size, len(content) + 1, 5000))


@EACH
def test_what_more_there_is_is_not_looked_at(content: bytes) -> None:
    deflate = zlib.compressobj()
    sound = deflate.compress(content) + deflate.flush(zlib.Z_SYNC_FLUSH)
    damaged = sound + b"\xff" * 100
    assert b"".join(portions(damaged, 1000, 7001, 5000)) == content[:7001]
    with pytest.raises(Exception, match="Error -"):
        list(portions(damaged, 1000, len(content) + 1, 5000))


@EACH
def test_a_png_whose_pixels_fail_their_checksum_is_corrupt(content: bytes) -> None:
    rows = b"".join(b"\0" + content[start : start + 399] for start in range(0, 600 * 399, 399))
    data = png(399, 600, 8, 0, rows)
    assert thumbnail(data).width
    at = data.index(b"IEND") - 9  # the last byte of the stream, before its chunk's checksum
    with pytest.raises(CorruptImage):
        thumbnail(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
