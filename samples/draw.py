"""Draws `harbour.jpg`, the picture that the demonstration uploads: an evening harbour, in nothing but shapes.

python samples/draw.py
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]

WIDTH, HEIGHT = 1600, 1067
HORIZON = 660
SUN = (1080, 560)

SKY = ((0.0, (38, 44, 92)), (0.45, (142, 84, 132)), (0.8, (242, 142, 104)), (1.0, (255, 206, 138)))
SEA = ((0.0, (236, 158, 118)), (0.25, (120, 92, 132)), (1.0, (22, 32, 66)))

Stops = tuple[tuple[float, Colour], ...]


def main() -> None:
    picture = gradient(WIDTH, HEIGHT, SKY, SEA)
    draw_sun(picture)
    draw_hills(picture)
    draw_glitter(picture)
    draw_lighthouse(picture)
    for position, size in (((360, 800), 1.0), ((700, 716), 0.45), ((1290, 850), 1.25)):
        draw_boat(picture, position, size)
    target = Path(__file__).with_name("harbour.jpg")
    picture.save(target, quality=82, optimize=True, progressive=True)


def gradient(width: int, height: int, sky: Stops, sea: Stops) -> Image.Image:
    column = Image.new("RGB", (1, height))
    for y in range(height):
        above = y < HORIZON
        share = y / HORIZON if above else (y - HORIZON) / (height - HORIZON)
        column.putpixel((0, y), blend(sky if above else sea, share))
    return column.resize((width, height))


def blend(stops: Stops, share: float) -> Colour:
    for (start, first), (end, second) in itertools.pairwise(stops):
        if share <= end:
            part = (share - start) / (end - start)
            red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
            return red, green, blue
    return stops[-1][1]


def draw_sun(picture: Image.Image) -> None:
    glow = Image.new("L", picture.size, 0)
    ImageDraw.Draw(glow).ellipse(around(SUN, 150), fill=170)
    glow = glow.filter(ImageFilter.GaussianBlur(80))
    ImageDraw.Draw(glow).ellipse(around(SUN, 74), fill=255)
    glow.paste(0, (0, HORIZON, WIDTH, HEIGHT))
    picture.paste((255, 236, 190), (0, 0), glow.filter(ImageFilter.GaussianBlur(1)))


def around(centre: Point, radius: float) -> tuple[float, float, float, float]:
    return centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius


def draw_hills(picture: Image.Image) -> None:
    draw = ImageDraw.Draw(picture)
    for height, colour, shift in (
        (150, (112, 78, 122), 1.2),
        (95, (76, 62, 106), 4.7),
        (50, (46, 46, 84), 8.1),
    ):
        ridge = [(x, HORIZON - height * (0.6 + 0.4 * wave(x / 210 + shift))) for x in range(0, WIDTH + 8, 8)]
        draw.polygon([(0, HORIZON), *ridge, (WIDTH, HORIZON)], fill=colour)


def wave(position: float) -> float:
    return 0.6 * math.sin(position) + 0.4 * math.sin(2.3 * position + 1)


def draw_glitter(picture: Image.Image) -> None:
    draw = ImageDraw.Draw(picture)
    for first, second, third in itertools.islice(scattered(), 420):
        depth = first**1.6
        x = SUN[0] + (30 + 190 * depth) * 3 * (second - 0.5) ** 3 * 8
        y = HORIZON + 6 + depth * (HEIGHT - HORIZON - 10)
        length = 6 + 46 * depth * third
        draw.line([(x - length, y), (x + length, y)], fill=(255, 214, 160), width=1 + round(2 * depth))


def scattered() -> Iterator[tuple[float, float, float]]:
    """Numbers from 0 to 1 that fill the space evenly, always the same."""
    for count in itertools.count(1):
        yield count * 0.8191725134 % 1, count * 0.6710436067 % 1, count * 0.5497004779 % 1


def draw_lighthouse(picture: Image.Image) -> None:
    draw = ImageDraw.Draw(picture)
    draw.polygon([(60, HORIZON + 26), (120, 622), (300, 610), (390, HORIZON + 26)], fill=(28, 30, 58))
    left, right, top, foot = 186, 238, 352, 618
    draw.polygon([(left, foot), (left + 10, top), (right - 10, top), (right, foot)], fill=(240, 232, 224))
    for stripe in range(0, 5, 2):
        upper = top + (foot - top) * stripe / 5
        draw.polygon(
            [(left + 9, upper), (right - 9, upper), (right - 6, upper + 53), (left + 6, upper + 53)],
            fill=(196, 62, 66),
        )
    draw.rectangle((left + 4, top - 14, right - 4, top), fill=(40, 40, 70))
    draw.rectangle((left + 14, top - 48, right - 14, top - 14), fill=(255, 232, 160))
    draw.polygon([(left + 8, top - 48), ((left + right) / 2, top - 80), (right - 8, top - 48)], fill=(40, 40, 70))


def draw_boat(picture: Image.Image, at: Point, size: float) -> None:
    def placed(*points: Point) -> list[Point]:
        return [(at[0] + x * size, at[1] + y * size) for x, y in points]

    draw = ImageDraw.Draw(picture)
    draw.polygon(placed((-90, 0), (96, 0), (66, 36), (-68, 36)), fill=(34, 34, 62))
    draw.line(placed((-84, 8), (90, 8)), fill=(214, 92, 84), width=max(2, round(5 * size)))
    draw.line(placed((0, 0), (0, -190)), fill=(34, 34, 62), width=max(2, round(5 * size)))
    draw.polygon(placed((8, -184), (8, -14), (88, -14)), fill=(252, 238, 220))
    draw.polygon(placed((-8, -168), (-8, -14), (-66, -14)), fill=(236, 204, 186))


if __name__ == "__main__":
    main()
