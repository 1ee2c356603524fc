"""Which module opens which kind of picture.

Each is loaded with the first picture of its kind, and has two functions:

    declared_sizes(data)   sizes in the file that must be within the limits before a decoder may see it
    opened(data)           the picture, its header read
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

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
    module = import_module(f".{_MODULES[kind]}", __package__)
    for width, height in module.declared_sizes(data):
        limits.check_pixels(width, height)
    source = cast(Source, module.opened(data))
    limits.check_pixels(*source.size)
    limits.check_memory(source.least_memory)
    return source
