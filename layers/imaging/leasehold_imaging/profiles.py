"""ICC profiles for pictures that say their colours in numbers: chromaticities and a gamma, or code points."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

Point = tuple[float, float]
Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]


@dataclass(frozen=True, slots=True)
class Primaries:
    """Where red, green, blue and white lie in the CIE 1931 diagram (x, y)."""

    red: Point
    green: Point
    blue: Point
    white: Point


_D65 = (0.3127, 0.3290)
SRGB = Primaries((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
DISPLAY_P3 = Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65)
BT2020 = Primaries((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65)

_PRIMARIES_BY_CODE = {9: BT2020, 12: DISPLAY_P3}
_GAMMA_BY_CODE = {4: 2.2, 5: 2.8, 8: 1.0}

_D50: Vector = (0.9642, 1.0, 0.8249)
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))

_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def profile_by_code_points(primaries: int, transfer: int) -> bytes | None:
    """The profile that code points of ITU-T H.273 mean; None where they mean sRGB or nothing known.

    The curves of video and of high dynamic range are taken for sRGB's: the first differs little, the second
    would have to be mapped to a smaller range by taste.
    """
    gamut = _PRIMARIES_BY_CODE.get(primaries, SRGB)
    gamma = _GAMMA_BY_CODE.get(transfer)
    return None if gamut is SRGB and gamma is None else rgb_profile(gamut, gamma)


def rgb_profile(primaries: Primaries, gamma: float | None) -> bytes:
    """A profile with these primaries; `gamma` is the exponent from value to light, None for sRGB's curve."""
    red, green, blue = _adapted_colours(primaries)
    curve = _curve(gamma)
    return _profile(
        [(b"wtpt", _point(_D50)), (b"rXYZ", _point(red)), (b"gXYZ", _point(green)), (b"bXYZ", _point(blue)),
         (b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve)],
    )  # fmt: skip


def _adapted_colours(primaries: Primaries) -> Matrix:
    """The XYZ of full red, green and blue, seen under the white of all profiles, D50."""
    white = _xyz(primaries.white)
    columns = (_xyz(primaries.red), _xyz(primaries.green), _xyz(primaries.blue))
    strengths = _times(_inverse(_transposed(columns)), white)
    seen = _times(_BRADFORD, white)
    wanted = _times(_BRADFORD, _D50)
    back = _inverse(_BRADFORD)

    def adapted(colour: Vector, strength: float) -> Vector:
        cones = _times(_BRADFORD, _scaled(colour, strength))
        return _times(back, _vector(c * w / s for c, w, s in zip(cones, wanted, seen, strict=True)))

    red, green, blue = (adapted(c, s) for c, s in zip(columns, strengths, strict=True))
    return red, green, blue


def _xyz(point: Point) -> Vector:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _vector(values: Iterable[float]) -> Vector:
    first, second, third = values
    return first, second, third


def _scaled(vector: Vector, factor: float) -> Vector:
    return _vector(value * factor for value in vector)


def _times(matrix: Matrix, vector: Vector) -> Vector:
    return _vector(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _transposed(matrix: Matrix) -> Matrix:
    first, second, third = zip(*matrix, strict=True)
    return first, second, third


def _inverse(matrix: Matrix) -> Matrix:
    a, b, c = matrix
    crosses = (_cross(b, c), _cross(c, a), _cross(a, b))
    determinant = sum(x * y for x, y in zip(a, crosses[0], strict=True))
    first, second, third = (_scaled(column, 1 / determinant) for column in crosses)
    return _transposed((first, second, third))


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _point(xyz: Vector) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, xyz))


def _curve(gamma: float | None) -> bytes:
    kind, numbers = (3, _SRGB_CURVE) if gamma is None else (0, (gamma,))
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + b"".join(map(_fixed, numbers))


def _fixed(number: float) -> bytes:
    return struct.pack(">i", round(number * 65536))


def _profile(tags: list[tuple[bytes, bytes]]) -> bytes:
    """The tags as an ICC profile, version 4, of an RGB display."""
    start = 128 + 4 + 12 * len(tags)
    table = b""
    contents = b""
    for name, content in tags:
        table += struct.pack(">4sII", name, start + len(contents), len(content))
        contents += content + bytes(-len(content) % 4)
    head = struct.pack(
        ">I4sI4s4s4s12x4s28x12s48x",
        start + len(contents), b"\0\0\0\0", 0x04300000, b"mntr", b"RGB ", b"XYZ ", b"acsp",
        b"".join(map(_fixed, _D50)),
    )  # fmt: skip
    return head + struct.pack(">I", len(tags)) + table + contents
