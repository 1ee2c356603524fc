"""Pictures to upload, drawn for the purpose: every kind that people have, and one that is broken."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Drawn:
    """A file as a person would drop it."""

    name: str
    content_type: str
    data: bytes


def drawing(size: tuple[int, int], sky: Colour, ground: Colour) -> Image.Image:
    """Hills under a sun."""
    width, height = size
    picture = Image.new("RGB", size, sky)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width * 0.62, height * 0.14, width * 0.62 + height * 0.22, height * 0.36), fill=(255, 244, 214))
    for nth, share in enumerate((0.55, 0.68, 0.82)):
        shade = tuple(round(part * (1 - 0.22 * nth)) for part in ground)
        left = -width * (0.5 - 0.25 * nth)
        draw.ellipse((left, height * share, left + width * 1.6, height * (share + 1.1)), fill=shade)
    return picture


def drawn(name: str, kind: str, size: tuple[int, int] = (900, 600), sky: Colour = (132, 178, 214), **how: Any) -> Drawn:
    """A drawing as a file of a kind that Pillow writes."""
    buffer = io.BytesIO()
    drawing(size, sky, (88, 132, 96)).save(buffer, kind, **how)
    return Drawn(name, f"image/{kind.lower()}", buffer.getvalue())


def mixed() -> tuple[list[Drawn], Drawn]:
    """Nine pictures of all kinds, and a broken one."""
    turned = Image.Exif()
    turned[0x0112] = 6
    sound = [
        drawn("01 lake.jpg", "JPEG", (1600, 1067), quality=88),
        drawn("02 lake, tall.jpg", "JPEG", (900, 1400), (236, 176, 150), quality=85, exif=turned),
        drawn("03 lake, progressive.jpg", "JPEG", (1400, 900), (182, 160, 214), progressive=True),
        drawn("04 lake.png", "PNG", (640, 640), (246, 206, 140)),
        drawn("05 lake.webp", "WEBP", (1200, 700), (150, 206, 200)),
        drawn("06 lake.gif", "GIF", (500, 400), (214, 150, 160)),
        drawn("07 lake.avif", "AVIF", (800, 520), (120, 150, 220)),
        drawn("08 lake.tiff", "TIFF", (700, 500), (230, 220, 190)),
    ]
    # Pillow writes no HEIC: this drawing was encoded once, and kept.
    heic = Path(__file__).with_name("lake.heic").read_bytes()
    sound.append(Drawn("09 lake.heic", "image/heic", heic))
    whole = drawn("10 torn.jpg", "JPEG", quality=90).data
    # The head says what it is, and then comes nothing that could be decoded.
    return sound, Drawn("10 torn.jpg", "image/jpeg", whole[:60])
