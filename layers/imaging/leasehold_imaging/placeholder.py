"""The ThumbHash of a picture: some 25 bytes that a page can draw as a blurred preview.

Written from the format's public description (evanw.github.io/thumbhash). The package `thumbhash` was left: it
takes a hundred times as long, a fifth of a second for a picture, and prints while decoding.
"""

from __future__ import annotations

import base64
from functools import cache
from math import cos, floor, pi
from operator import mul

from PIL import Image

SIDE = 24
"""The picture is first brought within SIDE x SIDE pixels, plenty for the seven waves a hash can hold."""

Channel = list[float]


def thumbhash(image: Image.Image) -> str:
    """The ThumbHash, in base64, of an image in mode L, LA, RGB or RGBA."""
    small = image.copy()
    small.thumbnail((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=None)
    return base64.b64encode(_hash(small.convert("RGBA"))).decode()


def _hash(image: Image.Image) -> bytes:
    width, height = image.size
    luminance, yellow_blue, red_green, alpha = _channels(image)
    translucent = min(alpha) < 1
    most = 5 if translucent else 7
    waves_x = max(1, _round(most * width / max(width, height)))
    waves_y = max(1, _round(most * height / max(width, height)))
    parts = [
        _waves(luminance, width, height, max(3, waves_x), max(3, waves_y)),
        _waves(yellow_blue, width, height, 3, 3),
        _waves(red_green, width, height, 3, 3),
    ]
    (l_mean, _, l_scale), (p_mean, _, p_scale), (q_mean, _, q_scale) = parts
    landscape = width > height
    head = (
        _round(63 * l_mean)
        | _round(31.5 + 31.5 * p_mean) << 6
        | _round(31.5 + 31.5 * q_mean) << 12
        | _round(31 * l_scale) << 18
        | translucent << 23
        | (waves_y if landscape else waves_x) << 24
        | _round(63 * p_scale) << 27
        | _round(63 * q_scale) << 33
        | landscape << 39
    )
    out = head.to_bytes(5, "little")
    if translucent:
        parts.append(_waves(alpha, width, height, 5, 5))
        _, _, a_scale = parts[3]
        out += bytes([_round(15 * parts[3][0]) | _round(15 * a_scale) << 4])
    nibbles = [_round(15 * value) for _, values, _ in parts for value in values]
    nibbles += [0] * (len(nibbles) % 2)
    return out + bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))


def _channels(image: Image.Image) -> tuple[Channel, Channel, Channel, Channel]:
    """Luminance, yellow against blue, red against green, and alpha, over the picture's average colour."""
    reds, greens, blues, alphas = ([value / 255 for value in band.tobytes()] for band in image.split())
    weight = sum(alphas) or 1.0
    reds, greens, blues = (_over_average(band, alphas, weight) for band in (reds, greens, blues))
    luminance = [(r + g + b) / 3 for r, g, b in zip(reds, greens, blues, strict=True)]
    yellow_blue = [(r + g) / 2 - b for r, g, b in zip(reds, greens, blues, strict=True)]
    red_green = list(map(float.__sub__, reds, greens))
    return luminance, yellow_blue, red_green, alphas


def _over_average(band: Channel, alphas: Channel, weight: float) -> Channel:
    shown = list(map(mul, band, alphas))
    average = sum(shown) / weight
    return [average * (1 - alpha) + value for value, alpha in zip(shown, alphas, strict=True)]


def _waves(channel: Channel, width: int, height: int, nx: int, ny: int) -> tuple[float, Channel, float]:
    """The mean, the strengths of the lowest waves scaled to 0..1, and their scale."""
    rows = [channel[start : start + width] for start in range(0, width * height, width)]
    along_x = [[sum(map(mul, row, _wave(width, cx))) for row in rows] for cx in range(nx)]
    strengths = [
        sum(map(mul, along_x[cx], _wave(height, cy))) / (width * height)
        for cy in range(ny)
        for cx in range(nx)
        if cx * ny < nx * (ny - cy)
    ]
    mean, rest = strengths[0], strengths[1:]
    scale = max(map(abs, rest))
    if scale:
        rest = [0.5 + 0.5 / scale * strength for strength in rest]
    return mean, rest, scale


@cache
def _wave(length: int, count: int) -> tuple[float, ...]:
    return tuple(cos(pi / length * count * (position + 0.5)) for position in range(length))


def _round(value: float) -> int:
    return floor(value + 0.5)
