"""Bytes in, thumbnails out: every common kind of picture, safe against hostile ones, without any AWS.

    from leasehold_imaging import Limits, Variant, make_thumbnails

    picture = make_thumbnails(data, [Variant("320", 320, 320)], Limits())
    picture.thumbnails[0].data      # the WebP's bytes

`contained.make_thumbnails_contained` does the same in a worker process with hard limits of memory and time.
Importing this package loads no decoder; the first picture does.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import settings
from .errors import CorruptImage, ImageTooLarge, PictureError, UnsupportedImage
from .limits import Limits
from .picture import Picture, Thumbnail
from .variants import Variant, variants_from_json

__all__ = [
    "CorruptImage",
    "ImageTooLarge",
    "Limits",
    "Picture",
    "PictureError",
    "Thumbnail",
    "UnsupportedImage",
    "Variant",
    "make_thumbnails",
    "settings",
    "variants_from_json",
]


def make_thumbnails(data: bytes, variants: Sequence[Variant], limits: Limits) -> Picture:
    """The picture in `data`, described, with one thumbnail for each variant, all from one decoding.

    Raises PictureError when the bytes are no picture that can be read within the limits, and ValueError when
    there is no variant.
    """
    from .thumbnails import make_thumbnails as make

    return make(data, variants, limits)
