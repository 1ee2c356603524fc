"""Which module opens which kind of picture. Each is loaded with the first picture of its kind."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from .boxes import declared_sizes
from .limits import Limits
from .sniff import Kind
from .source import Source

_MODULES = {
    Kind.JPEG: "jpeg",
    Kind.PNG: "png",
    Kind.WEBP: "webp",
    Kind.GIF: "gif",
    Kind.AVIF: "avif",
    Kind.HEIF: "heif",
    Kind.TIFF: "tiff",
    Kind.BMP: "bmp",
}


def opened(kind: Kind, data: bytes, limits: Limits) -> Source:
    """The picture in `data`, its header read and within the limits. May raise all that decoders throw."""
    if kind in (Kind.AVIF, Kind.HEIF):
        # Their decoders have limits of their own, and only say no.
        for width, height in declared_sizes(data):
            limits.check_pixels(width, height)
    source = cast(Source, import_module(f".{_MODULES[kind]}", __package__).opened(data))
    limits.check_pixels(*source.size)
    return source
