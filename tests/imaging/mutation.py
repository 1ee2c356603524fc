"""Hostile pictures, made from sound ones: always the same from the same seed."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

from PIL import Image

from tests.imaging.corpus import FOLDER
from tests.imaging.drawing import exif, quarters, saved

MOST_BYTES = 300_000

EXTREMES = [
    0,
    1,
    2,
    7,
    8,
    127,
    128,
    255,
    256,
    32767,
    32768,
    65535,
    65536,
    1 << 24,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
]


def drawn_seeds() -> list[bytes]:
    """A small picture of each kind that can be drawn here, with the metadata that it can have."""
    image = quarters(60, 40)
    alpha = image.convert("RGBA")
    alpha.putalpha(130)
    frames = {"save_all": True, "append_images": [quarters(60, 40).rotate(90 * turn) for turn in (1, 2)]}
    grey16 = Image.new("I;16", (30, 20), 30_000)
    return [
        saved(image, "JPEG", exif=exif(6)),
        saved(image.resize((900, 700)), "JPEG", progressive=True),
        saved(image.convert("CMYK"), "JPEG"),
        saved(image, "PNG", exif=exif(6)[6:]),
        saved(alpha.resize((700, 500)), "PNG"),
        saved(image.quantize(16), "PNG"),
        saved(grey16, "PNG"),
        saved(image, "PNG", **frames),
        saved(image, "WEBP", exif=exif(6)),
        saved(alpha, "WEBP", lossless=True),
        saved(image, "WEBP", **frames),
        saved(image, "GIF"),
        saved(image, "GIF", **frames),
        saved(image, "AVIF", exif=exif(6)),
        saved(image, "AVIF", **frames),
        saved(image, "TIFF", tiffinfo={0x0112: 6}),
        saved(image, "TIFF", compression="tiff_lzw"),
        saved(image, "TIFF", compression="jpeg"),
        saved(image.convert("1"), "TIFF", compression="group4"),
        saved(image, "BMP"),
        saved(alpha, "BMP"),
        saved(image.quantize(16), "BMP"),
    ]


def corpus_seeds() -> list[bytes]:
    """The smaller pictures of the corpora, where they are."""
    files = sorted(path for folder in ("good", "bad") for path in (FOLDER / folder).glob("*"))
    return [path.read_bytes() for path in files if 0 < path.stat().st_size <= MOST_BYTES and path.suffix != ".tsv"]


def mutated(seeds: list[bytes], seed: int, count: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 4, 8))):
            _mutate(chance, data, seeds)
        yield bytes(data)


def _mutate(chance: random.Random, data: bytearray, seeds: list[bytes]) -> None:
    if not data:
        return
    # Headers decide more than pixels, so half of all changes are near the start.
    place = chance.randrange(min(len(data), chance.choice((64, 512, len(data)))))
    match chance.randrange(8):
        case 0:
            data[place] ^= 1 << chance.randrange(8)
        case 1:
            data[place] = chance.randrange(256)
        case 2:
            order = chance.choice("<>")
            data[place : place + 4] = struct.pack(order + "I", chance.choice(EXTREMES))
        case 3:
            order = chance.choice("<>")
            data[place : place + 2] = struct.pack(order + "H", chance.choice(EXTREMES) & 0xFFFF)
        case 4:
            del data[chance.randrange(len(data)) :]
        case 5:
            del data[place : place + chance.randrange(1, 64)]
        case 6:
            start = chance.randrange(len(data))
            data[place:place] = data[start : start + chance.randrange(1, 256)]
        case _:
            other = chance.choice(seeds)
            start = chance.randrange(len(other))
            data[place : place + 16] = other[start : start + 16]
