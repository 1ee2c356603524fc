"""The placeholder is a ThumbHash, as the format's description says."""

from __future__ import annotations

import base64
import math

import pytest
from PIL import Image

from leasehold_imaging.placeholder import thumbhash
from tests.imaging.drawing import quarters, ramp


def average(code: str) -> tuple[float, float, float]:
    """The average colour that a decoder reads from a hash without alpha, 0 to 255."""
    head = int.from_bytes(base64.b64decode(code)[:3], "little")
    light = (head & 63) / 63
    yellow_blue = ((head >> 6) & 63) / 31.5 - 1
    red_green = ((head >> 12) & 63) / 31.5 - 1
    blue = light - 2 / 3 * yellow_blue
    red = (3 * light - blue + red_green) / 2
    return red * 255, (red - red_green) * 255, blue * 255


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (200, 40, 90), (10, 200, 30)])
def test_an_even_picture_has_its_colour_as_average(colour: tuple[int, int, int]) -> None:
    found = average(thumbhash(Image.new("RGB", (100, 60), colour)))
    assert all(math.isclose(have, want, abs_tol=9) for have, want in zip(found, colour, strict=True))


def waves(code: str) -> tuple[bool, bool, int, int]:
    """Whether the hash has alpha and is landscape, the waves along its shorter side, and its length."""
    data = base64.b64decode(code)
    head = int.from_bytes(data[:3], "little")
    tail = int.from_bytes(data[3:5], "little")
    return bool(head >> 23), bool(tail >> 15), tail & 7, len(data)


def test_the_shape_is_kept() -> None:
    assert waves(thumbhash(quarters(300, 200)))[:3] == (False, True, 5)
    assert waves(thumbhash(quarters(200, 300)))[:3] == (False, False, 5)
    assert waves(thumbhash(quarters(200, 200)))[:3] == (False, False, 7)
    assert waves(thumbhash(quarters(2000, 10)))[:3] == (False, True, 1)


def test_a_square_has_as_many_strengths_as_the_format_says() -> None:
    # 5 bytes of head; 27 waves of light, 5 of each colour, half a byte each.
    assert waves(thumbhash(quarters(200, 200)))[3] == 5 + math.ceil((27 + 5 + 5) / 2)
    translucent = quarters(200, 200).convert("RGBA")
    translucent.putalpha(100)
    # one byte more of head; 14 waves of light and of alpha, 5 of each colour.
    assert waves(thumbhash(translucent))[3] == 6 + math.ceil((14 + 5 + 5 + 14) / 2)


def test_the_first_wave_goes_from_light_to_dark() -> None:
    """A ramp's strongest wave is the first along it: falling, as a cosine falls, where the ramp does."""
    rising = base64.b64decode(thumbhash(ramp(64, 64)))
    falling = base64.b64decode(thumbhash(ramp(64, 64).transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
    assert (rising[5] & 15, falling[5] & 15) == (0, 15)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3, 2)])
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_every_small_picture_has_one(mode: str, size: tuple[int, int]) -> None:
    assert len(base64.b64decode(thumbhash(Image.new(mode, size)))) >= 10
