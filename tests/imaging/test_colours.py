"""Colours end in sRGB, whatever the picture says of its own, in whatever depth."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from PIL import Image, ImageCms

from leasehold_imaging import Variant
from leasehold_imaging.profiles import (
    BT2020,
    DISPLAY_P3,
    SRGB,
    Primaries,
    profile_by_code_points,
    rgb_profile,
)
from leasehold_imaging.variants import Format
from tests.imaging.drawing import (
    chunk,
    is_near,
    opened,
    pixel,
    png,
    quarters,
    ramp,
    saved,
    thumbnail,
    thumbnails,
)

P3 = rgb_profile(DISPLAY_P3, None)

# Worked out by hand from the published matrices of the two spaces.
P3_TO_SRGB = [((255, 0, 0), (255, 0, 0)), ((200, 100, 50), (215, 93, 31)), ((120, 120, 120), (120, 120, 120))]


def plain(colour: tuple[int, int, int], size: int = 40) -> Image.Image:
    return Image.new("RGB", (size, size), colour)


@pytest.mark.parametrize(("p3", "srgb"), P3_TO_SRGB)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_display_p3_becomes_srgb(kind: str, p3: tuple[int, int, int], srgb: tuple[int, int, int]) -> None:
    data = saved(plain(p3), kind, icc_profile=P3, **({} if kind in ("PNG", "TIFF") else {"quality": 100}))
    assert is_near(pixel(thumbnail(data), 20, 20), srgb, 5)


def test_the_thumbnail_carries_no_profile_and_no_metadata() -> None:
    data = saved(quarters(64, 64), "JPEG", icc_profile=P3, comment=b"secret", xmp=b"<x/>")
    forms: list[Format] = ["webp", "jpeg", "png", "avif"]
    for form in forms:
        made = thumbnails(data, Variant("one", 32, 32, format=form)).thumbnails[0]
        assert not {"icc_profile", "exif", "xmp", "comment"} & set(opened(made).info)
        assert b"secret" not in made.data


@pytest.mark.parametrize("broken", [b"\0", b"no profile", P3[:200], P3[:140] + b"\xff" * 300, b"\0" * 4000])
def test_a_broken_profile_is_passed_over(broken: bytes) -> None:
    data = saved(plain((10, 200, 30)), "PNG", icc_profile=broken)
    assert is_near(pixel(thumbnail(data), 5, 5), (10, 200, 30), 1)


def test_a_profile_of_another_kind_of_pixels_is_passed_over() -> None:
    grey = saved(Image.new("L", (30, 30), 90), "JPEG", icc_profile=P3)
    assert is_near(pixel(thumbnail(grey).convert("RGB"), 5, 5), (90, 90, 90), 1)


def test_chromaticities_without_a_profile_count() -> None:
    swapped = Primaries(SRGB.green, SRGB.red, SRGB.blue, SRGB.white)
    points = [swapped.white, swapped.red, swapped.green, swapped.blue]
    content = b"".join(struct.pack(">II", round(x * 100_000), round(y * 100_000)) for x, y in points)
    data = png(8, 8, 8, 2, (b"\0" + bytes((250, 20, 60)) * 8) * 8, chunk(b"cHRM", content))
    assert is_near(pixel(thumbnail(data), 4, 4), (20, 250, 60), 2)


def test_code_points_without_a_profile_count() -> None:
    data = png(8, 8, 8, 2, (b"\0" + bytes((200, 100, 50)) * 8) * 8, chunk(b"cICP", bytes((12, 13, 0, 1))))
    assert is_near(pixel(thumbnail(data), 4, 4), (215, 93, 31), 1)


def test_code_points_of_srgb_or_of_nothing_known_need_no_profile() -> None:
    for primaries, transfer in ((1, 13), (2, 2), (99, 99), (1, 1)):
        assert profile_by_code_points(primaries, transfer) is None
    assert profile_by_code_points(9, 14) == rgb_profile(BT2020, None)


def test_a_made_profile_is_what_littlecms_makes_of_the_same_numbers() -> None:
    mine = ImageCms.ImageCmsProfile(BytesIO(rgb_profile(SRGB, None))).profile
    theirs = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).profile
    for channel in ("red_colorant", "green_colorant", "blue_colorant"):
        assert getattr(mine, channel)[0] == pytest.approx(getattr(theirs, channel)[0], abs=2e-4)


@pytest.mark.parametrize("transform", [True, False], ids=["YCCK", "CMYK"])
def test_cmyk_without_a_profile_is_ink_on_white(transform: bool) -> None:
    patches = Image.new("CMYK", (64, 32), (0, 0, 0, 0))
    patches.paste((0, 255, 255, 0), (32, 0, 64, 32))
    data = saved(patches, "JPEG", quality=100, **({"subsampling": 0} if transform else {"keep_rgb": True}))
    image = thumbnail(data)
    assert is_near(pixel(image, 8, 16), (255, 255, 255), 3)
    assert is_near(pixel(image, 56, 16), (255, 0, 0), 3)


def test_lab_becomes_srgb() -> None:
    lab = ImageCms.profileToProfile(
        plain((180, 90, 40)), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    assert is_near(pixel(thumbnail(saved(lab, "TIFF")), 9, 9), (180, 90, 40), 3)


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    values = [round(65535 * x / 63) for x in range(64)]
    data = png(64, 4, 16, 0, (b"\0" + struct.pack(">64H", *values)) * 4)
    row = [pixel(thumbnail(data).convert("RGB"), x, 2)[0] for x in range(64)]
    assert row == sorted(row)
    assert (row[0], row[63]) == (0, 255)
    assert max(abs(have - want / 257) for have, want in zip(row, values, strict=True)) <= 1


def test_16_bit_colour_is_scaled_not_clipped() -> None:
    values = [value for x in range(64) for value in (round(65535 * x / 63), 65535 - round(65535 * x / 63), 0x8080)]
    data = png(64, 4, 16, 2, (b"\0" + struct.pack(">192H", *values)) * 4)
    image = thumbnail(data)
    reds = [pixel(image, x, 2)[0] for x in range(64)]
    assert reds == sorted(reds)
    assert (reds[0], reds[63]) == (0, 255)
    assert is_near(pixel(image, 32, 2), (130, 125, 128), 2)


@pytest.mark.parametrize("size", [(256, 40), (2560, 400)], ids=["whole", "in strips"])
@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_a_ramp_stays_a_ramp(mode: str, size: tuple[int, int]) -> None:
    image = thumbnail(saved(ramp(*size).convert(mode), "PNG"), 128, 20).convert("L")
    row = [int(image.getpixel((x, 10))) for x in range(128)]  # type: ignore[arg-type]
    assert row == sorted(row)
    assert all(abs(value - 255 * x / 127) < 4 for x, value in enumerate(row))
