"""From the colours of a picture's own profile to sRGB.

A profile is applied to the finished small picture, not to the large one: the difference can't be seen, the
work is a hundredth. A profile that is broken, or that is meant for another kind of pixels, is passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from .pixels import straight

if TYPE_CHECKING:
    from PIL import ImageCms

Conversion = Callable[[Image.Image], Image.Image]

_SPACES = {"GRAY": ("L", "La"), "RGB ": ("RGB", "RGBa"), "CMYK": ("CMYK",), "Lab ": ("LAB",)}


class Colours:
    """The colours that a picture's profile, or its absence, gives to its pixels."""

    def __init__(self, profile: bytes | None) -> None:
        self._profile = profile
        self._conversions: dict[str, Conversion] = {}

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """The picture, in one of the forms of `pixels`, as `L`, `LA`, `RGB` or `RGBA` in sRGB."""
        if image.mode not in self._conversions:
            self._conversions[image.mode] = _conversion(self._profile, image.mode)
        return self._conversions[image.mode](image)


def _conversion(profile: bytes | None, mode: str) -> Conversion:
    if mode == "LAB":
        return _lab_conversion()
    space = (profile or b"")[16:20].decode("latin-1")
    if profile and mode in _SPACES.get(space, ()):
        return _profile_conversion(profile, mode) or _plain
    return _plain


def _plain(image: Image.Image) -> Image.Image:
    image = straight(image)
    return image.convert("RGB") if image.mode == "CMYK" else image


def _profile_conversion(profile: bytes, mode: str) -> Conversion | None:
    from PIL import ImageCms

    opaque = {"L": "L", "La": "L", "RGB": "RGB", "RGBa": "RGB", "CMYK": "CMYK"}[mode]
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(profile)), _srgb(), opaque, "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None
    return lambda image: _transformed(straight(image), opaque, transform)


def _transformed(image: Image.Image, opaque: str, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    if image.mode == opaque:
        return _applied(transform, image)
    coloured = _applied(transform, image.convert(opaque))
    coloured.putalpha(image.getchannel("A"))
    return coloured


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    converted = Image.new("RGB", image.size)
    transform.apply(image, converted)
    return converted


def _lab_conversion() -> Conversion:
    from PIL import ImageCms

    transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), _srgb(), "LAB", "RGB")
    return lambda image: _applied(transform, image)


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
