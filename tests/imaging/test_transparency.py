"""Transparency stays, and what is transparent leaves no trace in what is not."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageDraw

from leasehold_imaging import Variant
from leasehold_imaging.variants import Format
from tests.imaging.drawing import chunk, is_near, opened, pixel, png, saved, thumbnail, thumbnails

FORMATS = ["PNG", "WEBP", "TIFF", "AVIF"]


def disc(size: int, hidden: tuple[int, int, int]) -> Image.Image:
    """A white disc; what is transparent around it has a colour that must not be seen."""
    image = Image.new("RGBA", (size, size), (*hidden, 0))
    ImageDraw.Draw(image).ellipse((size // 8, size // 8, size * 7 // 8, size * 7 // 8), fill=(255, 255, 255, 255))
    return image


@pytest.mark.parametrize("size", [150, 1200], ids=["small", "large"])
@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 0, 255)])
@pytest.mark.parametrize("kind", FORMATS)
def test_edges_have_no_fringe(kind: str, hidden: tuple[int, int, int], size: int) -> None:
    options: dict[str, dict[str, Any]] = {
        "WEBP": {"lossless": True, "exact": True},
        "AVIF": {"quality": 100, "subsampling": "4:4:4"},
    }
    image = thumbnail(saved(disc(size, hidden), kind, **options.get(kind, {})), 64, 64)
    assert image.mode == "RGBA"
    shown = [pixel(image, x, y) for x in range(64) for y in range(64)]
    edge = [colour for colour in shown if 24 < colour[3] < 232]
    assert edge
    tolerance = 12 if kind == "AVIF" else 8
    assert all(is_near(colour[:3], (255, 255, 255), tolerance) for colour in edge)
    assert pixel(image, 0, 0)[3] <= 2
    assert is_near(pixel(image, 32, 32), (255, 255, 255, 255), 2)


@pytest.mark.parametrize("form", ["webp", "png", "avif"])
def test_transparency_survives_in_formats_that_know_it(form: Format) -> None:
    data = saved(disc(200, (0, 0, 0)), "PNG")
    image = opened(thumbnails(data, Variant("one", 64, 64, format=form)).thumbnails[0])
    assert image.mode == "RGBA"
    assert (pixel(image, 1, 1)[3], pixel(image, 32, 32)[3]) == (0, 255)


def test_a_jpeg_shows_it_as_white() -> None:
    data = saved(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG")
    assert is_near(pixel(thumbnail(data, format="jpeg"), 25, 25), (255, 255, 255), 2)


def test_grey_with_alpha() -> None:
    image = thumbnail(saved(Image.new("LA", (900, 900), (200, 128)), "PNG"), 50, 50).convert("RGBA")
    assert is_near(pixel(image, 25, 25), (200, 200, 200, 128), 2)


@pytest.mark.parametrize("size", [20, 1400], ids=["whole", "in strips"])
def test_a_palette_with_transparent_entries(size: int) -> None:
    rows = (b"\0" + b"\0" * (size // 2) + b"\1" * (size // 2)) * size
    data = png(size, size, 8, 3, rows, chunk(b"PLTE", bytes((255, 0, 0, 0, 0, 255))), chunk(b"tRNS", bytes((0, 200))))
    image = thumbnail(data, 20, 20).convert("RGBA")
    assert pixel(image, 3, 10)[3] == 0
    assert is_near(pixel(image, 16, 10), (0, 0, 255, 200), 2)


def test_one_transparent_colour_in_every_depth() -> None:
    row8 = bytes((9, 9, 9)) * 4 + bytes((200, 10, 10)) * 4
    row16 = bytes((1, 2) * 3) * 4 + bytes((200, 0, 10, 0, 10, 0)) * 4
    grey16 = bytes((1, 2)) * 4 + bytes((200, 0)) * 4
    for data in (
        png(8, 8, 8, 2, (b"\0" + row8) * 8, chunk(b"tRNS", bytes((0, 9) * 3))),
        png(8, 8, 16, 2, (b"\0" + row16) * 8, chunk(b"tRNS", bytes((1, 2) * 3))),
        png(8, 8, 16, 0, (b"\0" + grey16) * 8, chunk(b"tRNS", bytes((1, 2)))),
        png(8, 8, 8, 0, (b"\0" + bytes((9,)) * 4 + bytes((99,)) * 4) * 8, chunk(b"tRNS", bytes((0, 9)))),
        png(8, 8, 4, 0, (b"\0\x33\x33\x77\x77") * 8, chunk(b"tRNS", bytes((0, 3)))),
        png(8, 8, 1, 0, (b"\0\xf0") * 8, chunk(b"tRNS", bytes((0, 1)))),
    ):
        image = thumbnail(data).convert("RGBA")
        assert pixel(image, 1, 4)[3] == 0
        assert pixel(image, 6, 4)[3] == 255


@pytest.mark.parametrize("size", [8, 1200], ids=["whole", "shrunk"])
def test_a_colour_of_16_bits_is_transparent_by_all_of_them(size: int) -> None:
    row = bytes((1, 2, 3, 4, 5, 6)) * (size // 2) + bytes((1, 2, 3, 4, 5, 7)) * (size // 2)
    data = png(size, size, 16, 2, (b"\0" + row) * size, chunk(b"tRNS", bytes((1, 2, 3, 4, 5, 6))))
    image = thumbnail(data, 8, 8).convert("RGBA")
    assert pixel(image, 1, 4)[3] <= 2
    assert is_near(pixel(image, 6, 4), (1, 3, 5, 255), 2)
