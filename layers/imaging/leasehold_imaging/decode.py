"""Opening a picture of each kind: its header at once, its pixels when asked for, no larger than needed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Protocol

from PIL import ImageFile

from .geometry import Size
from .orientation import UPRIGHT, orientation_in_exif
from .pixels import ready
from .shrink import Shrunk, shrunk
from .sniff import Kind

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

BITS_PER_SAMPLE = 258


class Source(Protocol):
    """An opened picture, of which only the header was read.

    size         as stored, in pixels
    orientation  how it has to be turned, 1 to 8 as in EXIF
    profile      its ICC profile, if it has one
    """

    size: Size
    orientation: int
    profile: bytes | None

    def still(self, need: Size) -> Shrunk:
        """The picture, or an animation's first frame, at least as large as `need` or as it is."""
        ...


def opened(kind: Kind, data: bytes) -> Source:
    """The picture in `data`. May raise anything that a decoder throws."""
    return _OPENERS[kind](data)


class PillowSource:
    """A picture that one of Pillow's plugins reads whole."""

    def __init__(self, file: ImageFile.ImageFile) -> None:
        self.file = file
        self.size: Size = file.size
        self.orientation = orientation_in_exif(file.info.get("exif"))
        self.profile: bytes | None = file.info.get("icc_profile")

    def still(self, need: Size) -> Shrunk:
        self.file.load()
        return shrunk(self.file, need)


class JpegSource(PillowSource):
    """JPEG can be decoded at a half, a quarter or an eighth of its size, for little more than reading it."""

    DETAIL = 1.5

    def still(self, need: Size) -> Shrunk:
        width, height = self.size
        for scale in (8, 4, 2):
            if width >= need[0] * scale * self.DETAIL and height >= need[1] * scale * self.DETAIL:
                self.file.draft("", (width // scale, height // scale))
                break
        else:
            scale = 1
        self.file.load()
        small = shrunk(self.file, need)
        return Shrunk(
            small.image,
            (
                small.extent[0] * width / scale / self.file.width,
                small.extent[1] * height / scale / self.file.height,
            ),
        )


class HeifSource:
    """HEIF and HEIC by libheif, which turns the picture itself."""

    def __init__(self, data: bytes) -> None:
        self._file = import_module("pi_heif").open_heif(data)
        self.size: Size = self._file.size
        self.orientation = UPRIGHT
        self.profile: bytes | None = self._file.info.get("icc_profile")

    def still(self, need: Size) -> Shrunk:
        return shrunk(self._file.to_pillow(), need)


class TiffSource(PillowSource):
    """TIFF, which Pillow turns by the orientation tag while loading."""

    def __init__(self, file: TiffImageFile) -> None:
        super().__init__(file)
        self.orientation = UPRIGHT
        bits = file.tag_v2.get(BITS_PER_SAMPLE, (16,))[0]
        self._deepest = (1 << bits) - 1 if 8 < bits < 16 else 65535

    def still(self, need: Size) -> Shrunk:
        self.file.load()
        return shrunk(self.file, need, lambda strip: ready(strip, self._deepest))


def _jpeg(data: bytes) -> Source:
    from PIL.JpegImagePlugin import JpegImageFile

    return JpegSource(JpegImageFile(BytesIO(data)))


def _png(data: bytes) -> Source:
    from PIL.PngImagePlugin import PngImageFile

    return PillowSource(PngImageFile(BytesIO(data)))


def _webp(data: bytes) -> Source:
    from PIL.WebPImagePlugin import WebPImageFile

    return PillowSource(WebPImageFile(BytesIO(data)))


def _gif(data: bytes) -> Source:
    from PIL.GifImagePlugin import GifImageFile

    return PillowSource(GifImageFile(BytesIO(data)))


def _avif(data: bytes) -> Source:
    from PIL.AvifImagePlugin import AvifImageFile

    return PillowSource(AvifImageFile(BytesIO(data)))


def _heif(data: bytes) -> Source:
    return HeifSource(data)


def _tiff(data: bytes) -> Source:
    from PIL.TiffImagePlugin import TiffImageFile

    return TiffSource(TiffImageFile(BytesIO(data)))


def _bmp(data: bytes) -> Source:
    from PIL.BmpImagePlugin import BmpImageFile

    return PillowSource(BmpImageFile(BytesIO(data)))


_OPENERS: dict[Kind, Callable[[bytes], Source]] = {
    Kind.JPEG: _jpeg,
    Kind.PNG: _png,
    Kind.WEBP: _webp,
    Kind.GIF: _gif,
    Kind.AVIF: _avif,
    Kind.HEIF: _heif,
    Kind.TIFF: _tiff,
    Kind.BMP: _bmp,
}
