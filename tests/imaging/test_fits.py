"""A variant's box, fit and enlargement decide the thumbnail's size and which part of the picture it shows."""

from __future__ import annotations

import pytest
from PIL import Image

from leasehold_imaging import Variant
from leasehold_imaging.geometry import MIDDLE, Plan, planned
from tests.imaging.drawing import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    are_near,
    corners,
    is_near,
    opened,
    pixel,
    quarters,
    saved,
    thumbnail,
    thumbnails,
)


@pytest.mark.parametrize(
    ("picture", "box", "size"),
    [
        ((4000, 3000), (320, 320), (320, 240)),
        ((3000, 4000), (320, 320), (240, 320)),
        ((9643, 10328), (320, 320), (299, 320)),
        ((100, 50), (320, 320), (100, 50)),
        ((320, 320), (320, 320), (320, 320)),
        ((321, 10), (320, 320), (320, 10)),
        ((20_000, 1), (320, 320), (320, 1)),
        ((1, 20_000), (320, 320), (1, 320)),
        ((1000, 999), (3, 3), (3, 3)),
        ((640, 480), (100, 20), (27, 20)),
    ],
)
def test_inside_keeps_the_whole_picture(picture: tuple[int, int], box: tuple[int, int], size: tuple[int, int]) -> None:
    assert planned(Variant("v", *box), picture) == Plan(size, size)


@pytest.mark.parametrize(
    ("picture", "box", "enlarge", "scaled", "size"),
    [
        ((4000, 3000), (200, 200), False, (267, 200), (200, 200)),
        ((3000, 4000), (200, 100), False, (200, 267), (200, 100)),
        ((100, 50), (200, 200), False, (100, 50), (100, 50)),
        ((100, 50), (60, 200), False, (100, 50), (60, 50)),
        ((100, 50), (200, 200), True, (400, 200), (200, 200)),
    ],
)
def test_cover_fills_the_box_as_far_as_the_picture_reaches(
    picture: tuple[int, int],
    box: tuple[int, int],
    enlarge: bool,
    scaled: tuple[int, int],
    size: tuple[int, int],
) -> None:
    assert planned(Variant("v", *box, fit="cover", enlarge=enlarge), picture) == Plan(scaled, size)


def test_a_sideways_picture_has_its_box_on_its_side() -> None:
    assert planned(Variant("v", 300, 100), (400, 400), sideways=True).size == (100, 100)
    assert planned(Variant("v", 300, 100, fit="cover"), (400, 400), sideways=True).size == (100, 300)


def test_a_window_stays_within_the_picture() -> None:
    plan = Plan((200, 100), (100, 100))
    assert plan.window((20.0, 10.0), MIDDLE) == (5.0, 0.0, 15.0, 10.0)
    assert plan.window((20.0, 10.0), (0.0, 0.5)) == (0.0, 0.0, 10.0, 10.0)
    assert plan.window((20.0, 10.0), (1.0, 0.5)) == (10.0, 0.0, 20.0, 10.0)


def test_enlarge_lets_a_small_picture_grow() -> None:
    data = saved(quarters(40, 30), "PNG")
    assert thumbnail(data, 160, 160).size == (40, 30)
    large = thumbnail(data, 160, 160, enlarge=True)
    assert large.size == (160, 120)
    assert are_near(corners(large), [RED, GREEN, BLUE, YELLOW], 2)


def test_cover_shows_the_middle() -> None:
    image = Image.new("RGB", (900, 300), RED)
    image.paste(BLUE, (300, 0, 600, 300))
    square = thumbnail(saved(image, "PNG"), 90, 90, fit="cover")
    assert square.size == (90, 90)
    assert all(is_near(pixel(square, x, y), BLUE, 2) for x in (2, 45, 87) for y in (2, 87))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("place", [0, 400, 800])
def test_smart_shows_the_part_with_the_detail(place: int, upright: bool, mode: str) -> None:
    image = Image.new("RGB", (900, 100), (90, 90, 90))
    for x in range(place, place + 100, 10):
        image.paste((250, 250, 250), (x, 0, x + 5, 100))
    if upright:
        image = image.transpose(Image.Transpose.ROTATE_270)
    found = thumbnail(saved(image.convert(mode), "TIFF"), 100, 100, fit="smart").convert("L")
    darkest, brightest = found.getextrema()
    assert (darkest, brightest) != (90, 90)
    detail = sum(found.histogram()[200:])
    assert detail >= 0.4 * 100 * 100


def test_smart_takes_the_middle_of_an_even_picture() -> None:
    image = Image.new("RGB", (900, 300), RED)
    even = thumbnail(saved(image, "PNG"), 90, 90, fit="smart")
    assert is_near(pixel(even, 45, 45), RED, 2)
    wide = Image.new("L", (900, 300), 0).resize((900, 300))
    wide.paste(1, (440, 0, 460, 300))
    found = thumbnail(saved(wide, "PNG"), 90, 90, fit="smart").convert("L")
    assert found.getextrema() == (0, 1)


def test_all_variants_come_from_one_picture_in_their_order() -> None:
    variants = [
        Variant("a", 64, 64),
        Variant("b", 400, 400, format="jpeg"),
        Variant("c", 20, 50, fit="cover", format="png"),
        Variant("d", 30, 30, fit="smart", format="avif"),
    ]
    made = thumbnails(saved(quarters(1600, 1200), "JPEG"), *variants).thumbnails
    assert [(t.variant, t.extension, t.width, t.height) for t in made] == [
        ("a", "webp", 64, 48),
        ("b", "jpg", 400, 300),
        ("c", "png", 20, 50),
        ("d", "avif", 30, 30),
    ]
    for thumb in made:
        assert are_near(corners(opened(thumb)), [RED, GREEN, BLUE, YELLOW], 14)


def test_a_higher_quality_takes_more_bytes() -> None:
    data = saved(Image.effect_noise((300, 300), 60).convert("RGB"), "PNG")
    for form in ("webp", "jpeg", "avif"):
        low, high = thumbnails(
            data,
            Variant("low", 200, 200, format=form, quality=20),
            Variant("high", 200, 200, format=form, quality=90),
        ).thumbnails
        assert len(low.data) < len(high.data)
