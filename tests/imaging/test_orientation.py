"""Pictures are turned the right way up, once, whatever container says how."""

from __future__ import annotations

import struct

import pytest
from PIL import Image

from leasehold_imaging import Variant
from leasehold_imaging.orientation import orientation_in_exif
from tests.imaging.drawing import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    are_near,
    chunk,
    corners,
    exif,
    is_near,
    opened,
    pixel,
    quarters,
    saved,
    stored_as,
    thumbnail,
    thumbnails,
)  # fmt: skip

UPRIGHT = [RED, GREEN, BLUE, YELLOW]


def with_orientation(kind: str, image: Image.Image, orientation: int) -> bytes:
    if kind == "PNG":
        data = saved(image, "PNG")
        return data[:33] + chunk(b"eXIf", exif(orientation)[6:]) + data[33:]
    if kind == "TIFF":
        return saved(image, "TIFF", tiffinfo={0x0112: orientation})
    if kind == "WEBP":
        return saved(image, "WEBP", exif=exif(orientation), quality=95)
    return saved(image, kind, exif=exif(orientation), quality=95)


@pytest.mark.parametrize("size", [(120, 80), (1200, 800)], ids=["small", "large"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_orientation_ends_upright(kind: str, orientation: int, size: tuple[int, int]) -> None:
    data = with_orientation(kind, stored_as(quarters(*size), orientation), orientation)
    made = thumbnails(data, Variant("one", 90, 90, format="png"))
    assert (made.width, made.height) == size
    image = opened(made.thumbnails[0])
    assert image.size == (90, 60)
    assert are_near(corners(image), UPRIGHT, 12)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_is_of_the_upright_picture(orientation: int) -> None:
    data = with_orientation("JPEG", stored_as(quarters(1200, 800), orientation), orientation)
    image = thumbnail(data, 60, 120, fit="cover")
    assert image.size == (60, 120)
    assert are_near(corners(image), UPRIGHT, 12)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0XX\0*\0\0\0\x08",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        exif(6)[:-4][:20],
        exif(0),
        exif(9),
        exif(65535),
        exif(6).replace(b"\x01\x12\0\x03", b"\x01\x12\0\x02"),
        b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x13\0\x03" * 20,
    ],
)
def test_broken_exif_means_upright(broken: bytes) -> None:
    assert orientation_in_exif(broken) == 1


def test_exif_is_read_in_both_byte_orders() -> None:
    little = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    assert orientation_in_exif(little) == orientation_in_exif(exif(6)) == 6


def test_a_sound_picture_with_broken_exif_gets_its_thumbnail() -> None:
    data = saved(quarters(400, 300), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12" + b"\xee" * 300)
    assert is_near(pixel(thumbnail(data), 10, 10), RED, 12)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "form"), [(1, "BBH"), (3, "HH"), (4, "I")], ids=["BYTE", "SHORT", "LONG"])
def test_careless_programs_number_types_are_understood(kind: int, form: str, order: str) -> None:
    value = struct.pack(order + form, 6, *[0] * (len(form) - 1))
    block = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIHHHI", 42, 8, 1, 0x0112, kind, 1) + value
    assert orientation_in_exif(block) == 6
