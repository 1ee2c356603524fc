"""Animations keep moving where a variant wants it, within a budget, and stand still where not."""

from __future__ import annotations

import pytest
from PIL import Image, ImageSequence

from leasehold_imaging import Limits, Picture, Variant
from leasehold_imaging.variants import Format
from tests.imaging.drawing import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    Pixel,
    gif,
    gif_frame,
    is_near,
    opened,
    pixel,
    saved,
    thumbnails,
)

COLOURS = [RED, GREEN, BLUE, YELLOW]
DELAYS = [100, 200, 300, 400]


def film(kind: str, loop: int | None = 0, count: int = 4, size: tuple[int, int] = (200, 100)) -> bytes:
    images = [Image.new("RGB", size, COLOURS[number % 4]) for number in range(count)]
    durations = [DELAYS[number % 4] for number in range(count)]
    options = {} if loop is None or kind == "AVIF" else {"loop": loop}
    if kind == "WEBP":
        options["quality"] = 95
    return saved(images[0], kind, save_all=True, append_images=images[1:], duration=durations, **options)


def frames(picture: Picture, which: int = 0) -> list[tuple[Pixel, int]]:
    image = opened(picture.thumbnails[which])
    found = []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        found.append((pixel(frame.convert("RGB"), 50, 25), round(frame.info["duration"])))
    return found


@pytest.mark.parametrize("form", ["webp", "png", "avif"])
@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_frames_and_delays_are_kept(kind: str, form: Format) -> None:
    made = frames(thumbnails(film(kind), Variant("one", 100, 100, format=form, animated=True)))
    assert [delay for _, delay in made] == DELAYS
    assert all(is_near(colour, want, 14) for (colour, _), want in zip(made, COLOURS, strict=True))


@pytest.mark.parametrize(
    ("kind", "loop", "plays"),
    [
        ("GIF", None, 1),
        ("GIF", 0, 0),
        ("GIF", 2, 3),
        ("GIF", 65534, 65535),
        ("WEBP", 0, 0),
        ("WEBP", 3, 3),
        ("PNG", 0, 0),
        ("PNG", 3, 3),
    ],
)
@pytest.mark.parametrize("form", ["webp", "png"])
def test_it_plays_as_often_as_before(form: Format, kind: str, loop: int | None, plays: int) -> None:
    made = thumbnails(film(kind, loop), Variant("one", 100, 100, format=form, animated=True))
    assert opened(made.thumbnails[0]).info["loop"] == plays


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_without_the_wish_the_first_frame_stands_still(kind: str) -> None:
    image = opened(thumbnails(film(kind), Variant("one", 100, 100)).thumbnails[0])
    assert getattr(image, "n_frames", 1) == 1
    assert is_near(pixel(image.convert("RGB"), 50, 25), RED, 14)


def test_a_still_picture_has_nothing_to_move() -> None:
    data = saved(Image.new("RGB", (50, 50), BLUE), "GIF")
    image = opened(thumbnails(data, Variant("one", 40, 40, animated=True)).thumbnails[0])
    assert getattr(image, "n_frames", 1) == 1


def test_moving_and_still_variants_come_together() -> None:
    made = thumbnails(
        film("GIF"), Variant("still", 64, 64), Variant("large", 100, 100, animated=True),
        Variant("small", 60, 60, fit="cover", format="png", animated=True),
    )  # fmt: skip
    counts = [getattr(opened(thumb), "n_frames", 1) for thumb in made.thumbnails]
    assert counts == [1, 4, 4]
    assert (made.thumbnails[2].width, made.thumbnails[2].height) == (60, 60)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(max_frames=3),
        Limits(max_animation_pixels=3 * 200 * 100),
        Limits(max_animation_pixels=2 * 3 * 100 * 50),
    ],
    ids=["frames", "pixels read", "pixels kept"],
)
def test_a_long_animation_is_cut_at_its_budget(limits: Limits) -> None:
    size = (100, 50) if limits.max_animation_pixels == 2 * 3 * 100 * 50 else (200, 100)
    made = thumbnails(film("GIF", count=40, size=size), Variant("one", 100, 100, animated=True), limits=limits)
    assert len(frames(made)) == 3


def test_a_budget_of_less_than_two_frames_leaves_a_still_picture() -> None:
    made = thumbnails(film("GIF"), Variant("one", 100, 100, animated=True), limits=Limits(max_animation_pixels=1))
    assert getattr(opened(made.thumbnails[0]), "n_frames", 1) == 1


def test_no_more_frames_are_read_than_are_wanted() -> None:
    """A frame that is no picture follows those that are wanted: whoever reads on, fails."""
    data = film("GIF", count=3, size=(20, 20))
    poisoned = data[:-1] + b"\x2c" + b"\0" * 8 + b"\xff" * 5
    still = thumbnails(poisoned, Variant("one", 20, 20))
    assert still.thumbnails[0].width == 20
    moving = thumbnails(poisoned, Variant("one", 20, 20, animated=True), limits=Limits(max_frames=2))
    assert getattr(opened(moving.thumbnails[0]), "n_frames", 1) == 2


def test_what_no_frame_has_drawn_on_is_transparent() -> None:
    data = bytearray(saved(Image.new("RGB", (20, 20), RED), "GIF"))
    data[6:10] = b"\x28\0\x28\0"  # the canvas becomes 40 x 40
    image = opened(thumbnails(bytes(data), Variant("one", 40, 40, format="png")).thumbnails[0])
    assert image.size == (40, 40)
    assert is_near(pixel(image, 10, 10), (*RED, 255), 3)
    assert pixel(image, 30, 30)[3] == 0


def test_a_broken_animation_leaves_the_first_picture_sound() -> None:
    data = film("PNG")
    broken = data[: data.index(b"acTL") + 4] + b"\xff" * 4 + data[data.index(b"acTL") + 8 :]
    assert thumbnails(broken, Variant("one", 100, 100)).thumbnails[0].width == 100


@pytest.mark.parametrize(("kind", "loop"), [("GIF", 65535), ("PNG", 1_000_000)])
def test_what_plays_more_often_than_a_webp_can_plays_as_often_as_it_can(kind: str, loop: int) -> None:
    made = thumbnails(film(kind, loop), Variant("one", 100, 100, animated=True))
    assert opened(made.thumbnails[0]).info["loop"] == 65535


def test_a_picture_for_those_that_can_not_move_it_is_no_part_of_an_animated_png() -> None:
    images = [Image.new("RGB", (60, 40), colour) for colour in (YELLOW, RED, GREEN, BLUE)]
    data = saved(images[0], "PNG", save_all=True, append_images=images[1:], duration=[10, 20, 30], default_image=True)
    made = thumbnails(data, Variant("still", 60, 40), Variant("moving", 60, 40, animated=True))
    assert is_near(pixel(opened(made.thumbnails[0]).convert("RGB"), 50, 25), YELLOW, 14)
    shown = frames(made, 1)
    assert [delay for _, delay in shown] == [10, 20, 30]
    assert all(is_near(colour, want, 14) for (colour, _), want in zip(shown, (RED, GREEN, BLUE), strict=True))


def canvases(*drawn: bytes) -> list[Image.Image]:
    """The frames, without loss, that a GIF of 40 x 20 pixels with the four colours is shown as."""
    data = gif((40, 20), *drawn, palette=COLOURS)
    image = opened(thumbnails(data, Variant("one", 40, 20, format="png", animated=True)).thumbnails[0])
    return [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]


WHOLE, LEFT, RIGHT = (0, 0, 40, 20), (0, 0, 20, 20), (20, 0, 20, 20)


@pytest.mark.parametrize(
    ("disposal", "transparent", "left_behind"),
    [
        (0, None, (*GREEN, 255)),
        (1, 9, (*GREEN, 255)),
        (2, 9, (0, 0, 0, 0)),
        (2, None, (*RED, 255)),
        (3, 9, (*BLUE, 255)),
    ],
    ids=["stays", "stays too", "to nothing", "to the background's colour", "to what was there before"],
)
def test_a_frame_vanishes_as_it_says_itself(disposal: int, transparent: int | None, left_behind: Pixel) -> None:
    shown = canvases(
        gif_frame(WHOLE, 2), gif_frame(LEFT, 1, disposal, transparent), gif_frame(RIGHT, 3, transparent=None)
    )
    assert [pixel(image, 10, 10) for image in shown] == [(*BLUE, 255), (*GREEN, 255), left_behind]
    assert [pixel(image, 30, 10) for image in shown] == [(*BLUE, 255), (*BLUE, 255), (*YELLOW, 255)]


def test_before_the_first_frame_there_was_nothing() -> None:
    shown = canvases(gif_frame(WHOLE, 2, disposal=3), gif_frame(RIGHT, 3))
    assert [pixel(shown[1], x, 10) for x in (10, 30)] == [(0, 0, 0, 0), (*YELLOW, 255)]


def test_a_frame_shows_what_of_it_is_on_the_canvas() -> None:
    shown = canvases(gif_frame(WHOLE, 2), gif_frame((20, 10, 40, 20), 1), gif_frame(LEFT, 3))
    assert [image.size for image in shown] == [(40, 20)] * 3
    assert [pixel(shown[1], *place) for place in ((10, 15), (30, 5), (30, 15))] == [
        (*c, 255) for c in (BLUE, BLUE, GREEN)
    ]


def test_an_animation_ends_before_a_frame_larger_than_its_canvas() -> None:
    enormous = gif_frame((0, 0, 0, 0), 0).replace(b"," + bytes(8), b"," + b"\xff" * 8)
    assert len(canvases(gif_frame(WHOLE, 2), gif_frame(LEFT, 1), enormous)) == 2


@pytest.mark.parametrize(
    ("form", "shown"),
    [("webp", [16_777_215, 100_001, 20]), ("png", [60_000_000, 100_000, 20]), ("avif", [60_000_000, 100_001, 20])],
)
def test_a_frame_is_shown_as_long_as_the_format_can(form: Format, shown: list[int]) -> None:
    images = [Image.new("RGB", (60, 40), colour) for colour in (RED, GREEN, GREEN, BLUE)]
    data = saved(images[0], "AVIF", save_all=True, append_images=images[1:], duration=[60_000_000, 50_000, 50_001, 20])
    made = frames(thumbnails(data, Variant("one", 60, 40, format=form, animated=True)))
    assert [milliseconds for _, milliseconds in made] == shown
