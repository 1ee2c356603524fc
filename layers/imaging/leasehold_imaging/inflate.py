"""Inflating, by the faster of two libraries: isa-l where there is much to read, zlib-ng where there is much to repeat.

Photos compress to a half or a sixth, and isa-l inflates them in two thirds of zlib-ng's time. Screenshots compress to
a thirtieth or less, and zlib-ng copies what repeats three times as fast as isa-l.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from isal import igzip_lib
from zlib_ng import zlib_ng

PIECE = 1 << 18
"""The most bytes that are inflated at once: as many as stay in the processor's cache until they are used."""

_INPUT = 1 << 16
"""The most bytes that are given at once: what is not used yet is copied. Much smaller parts are put together."""

_REPEATS = 10
"""From how many bytes out of one on zlib-ng is the faster."""

_SOME_BYTES = bytes(256)


def inflated(parts: Iterable[memoryview], packed: int, length: int, portion: int) -> Iterator[list[memoryview]]:
    """The first `length` bytes of a zlib stream given in parts: `portion` at a time, then the rest, each in pieces.

    `packed` is about how many bytes the stream has itself. What is inflated beyond `length` is passed over. Raises
    EOFError where there is less, and the libraries' own errors.
    """
    pieces = _by_zlib_ng(_cut(parts)) if length > _REPEATS * packed else _by_isal(_cut(parts))
    collected: list[memoryview] = []
    missing = min(portion, length)
    for piece in pieces:
        rest = memoryview(piece)
        while length and len(rest) >= missing:
            yield [*collected, rest[:missing]]
            rest = rest[missing:]
            length -= min(portion, length)
            collected, missing = [], min(portion, length)
        if not length and rest:
            return
        collected.append(rest)
        missing -= len(rest)
    if length:
        raise EOFError


def _cut(parts: Iterable[memoryview]) -> Iterator[memoryview]:
    small = bytearray()
    for part in parts:
        if len(small) + len(part) < _INPUT:
            small += part
            continue
        if small:
            yield memoryview(small)
            small = bytearray()
        for start in range(0, len(part), _INPUT):
            yield part[start : start + _INPUT]
    if small:
        yield memoryview(small)


def _by_zlib_ng(parts: Iterable[memoryview]) -> Iterator[bytes]:
    inflate = zlib_ng.decompressobj()
    for part in parts:
        rest: memoryview | bytes = part
        while rest and not inflate.eof:
            yield inflate.decompress(rest, PIECE)
            rest = inflate.unconsumed_tail


def _by_isal(parts: Iterable[memoryview]) -> Iterator[bytes]:
    inflate = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_ZLIB)
    for part in parts:
        rest: memoryview | bytes = part
        while not inflate.eof and (rest or not inflate.needs_input):
            piece = inflate.decompress(rest, PIECE)
            _let_go_of_wide_registers()
            yield piece
            rest = b""


def _let_go_of_wide_registers() -> None:
    """isa-l leaves the upper halves of the AVX registers in use, and whoever then computes with SSE is slowed down:
    libspng's unfiltering takes half as long again. zlib-ng's checksum, over a few bytes, leaves them clean.
    """
    zlib_ng.adler32(_SOME_BYTES)
