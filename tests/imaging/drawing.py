"""Pictures that the tests draw, and what they look for in thumbnails."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from PIL import Image

from leasehold_imaging import Limits, Picture, Thumbnail, Variant, make_thumbnails

Pixel = tuple[int, ...]

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 170, 60), (40, 60, 200), (230, 210, 40)

TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How an upright picture has to be turned to be stored with an orientation: back, the other way."""


def quarters(width: int, height: int) -> Image.Image:
    """Red and green above, blue and yellow below."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(YELLOW, (width // 2, height // 2, width, height))
    return image


def ramp(width: int, height: int) -> Image.Image:
    """Grey, from black at the left to white at the right."""
    row = Image.new("L", (width, 1))
    row.putdata([round(255 * x / (width - 1)) for x in range(width)])
    return row.resize((width, height))


def stored_as(upright: Image.Image, orientation: int) -> Image.Image:
    turn = TURNS[orientation]
    return upright.copy() if turn is None else upright.transpose(turn)


def exif(orientation: int) -> bytes:
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">HHI", orientation, 0, 0)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, depth: int, colours: int, rows: bytes, *chunks: bytes) -> bytes:
    """A PNG of bytes that are filtered already; `chunks` stand before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            *chunks,
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        ]
    )


def gif(size: tuple[int, int], *frames: bytes, palette: Sequence[Pixel]) -> bytes:
    """A GIF of frames made by `gif_frame`, with up to 128 colours; the first one is the background."""
    colours = b"".join(map(bytes, palette)).ljust(3 * 128, b"\0")
    return b"GIF89a" + struct.pack("<HHBBB", *size, 0x86, 0, 0) + colours + b"".join(frames) + b";"


def gif_frame(
    box: tuple[int, int, int, int], colour: int, disposal: int = 0, transparent: int | None = None, delay: int = 10
) -> bytes:
    """A frame of one colour of the palette; `box` is left, top, width and height, `delay` in hundredths."""
    control = struct.pack("<BHBB", disposal << 2 | (transparent is not None), delay, transparent or 0, 0)
    # Codes of eight bits, as long as the decoder's table is emptied (by 128) before it grows; 129 is the end.
    codes = (b"\x80" + bytes([colour]) * 100) * (box[2] * box[3] // 100 + 1) + b"\x81"
    blocks = [codes[start : start + 255] for start in range(0, len(codes), 255)]
    stored = b"".join(bytes([len(block)]) + block for block in blocks)
    return b"!\xf9\x04" + control + b"," + struct.pack("<HHHHB", *box, 0) + b"\x07" + stored + b"\0"


def thumbnails(data: bytes, *variants: Variant, limits: Limits | None = None) -> Picture:
    return make_thumbnails(data, variants, limits or Limits())


def thumbnail(data: bytes, width: int = 320, height: int = 320, **wishes: Any) -> Image.Image:
    """The one thumbnail of a picture, without loss, as an image."""
    made = thumbnails(data, Variant("one", width, height, **{"format": "png", **wishes}))
    return opened(made.thumbnails[0])


def opened(made: Thumbnail) -> Image.Image:
    image = Image.open(BytesIO(made.data))
    image.load()
    assert image.size == (made.width, made.height)
    assert Image.MIME[image.format or ""] == made.content_type
    return image


def corners(image: Image.Image) -> list[Pixel]:
    """The colours well inside the four quarters, from the left above to the right below."""
    colours = image.convert("RGB")
    width, height = colours.size
    places = [(x, y) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return [pixel(colours, *place) for place in places]


def pixel(image: Image.Image, x: int, y: int) -> Pixel:
    value = image.getpixel((x, y))
    assert isinstance(value, tuple)
    return tuple(int(part) for part in value)


def is_near(one: Pixel, other: Pixel, tolerance: int) -> bool:
    return len(one) == len(other) and all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def are_near(ones: Sequence[Pixel], others: Sequence[Pixel], tolerance: int) -> bool:
    return all(is_near(one, other, tolerance) for one, other in zip(ones, others, strict=True))
