"""AVIF, of which Pillow gives the rotation and mirroring of its boxes as an EXIF orientation."""

from __future__ import annotations

from io import BytesIO

from PIL.AvifImagePlugin import AvifImageFile

from .boxes import av1_bytes_a_pixel, code_points, declared_sizes
from .profiles import profile_by_code_points
from .source import AnimatedPillowSource, Source

__all__ = ["declared_sizes", "opened"]


_BRANDS = (b"avif", b"avis")


def opened(data: bytes) -> Source:
    if data[8:12] not in _BRANDS:
        data = data[:8] + _BRANDS[0] + data[12:]  # which libavif wants, though a HEIF may hold AV1 without saying so
    source = AnimatedPillowSource(AvifImageFile(BytesIO(data)))
    width, height = source.size
    bands = len(source.file.getbands())
    # What is coded, alpha beside it, and what is made of it. libavif calls a lack of memory a failure like any other.
    source.least_memory = round(width * height * (av1_bytes_a_pixel(data) + (bands == 4) + bands))
    source.profile = source.profile or profile_by_code_points(*code_points(data))
    return source
