"""What kind of picture the bytes say they are; the file's name is never asked."""

from __future__ import annotations

from enum import Enum

from .errors import UnsupportedImage


class Kind(Enum):
    """A kind of picture that is read: the name for people, and the content type."""

    JPEG = ("JPEG", "image/jpeg")
    PNG = ("PNG", "image/png")
    WEBP = ("WebP", "image/webp")
    GIF = ("GIF", "image/gif")
    AVIF = ("AVIF", "image/avif")
    HEIF = ("HEIF", "image/heic")
    TIFF = ("TIFF", "image/tiff")
    BMP = ("BMP", "image/bmp")

    def __init__(self, label: str, content_type: str) -> None:
        self.label = label
        self.content_type = content_type


_SIGNATURES = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"II+\0\x08\0\0\0", Kind.TIFF),
    (b"MM\0+\0\x08\0\0", Kind.TIFF),
)

_AVIF_BRANDS = {b"avif", b"avis"}
_HEVC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIF_BRANDS = {*_HEVC_BRANDS, b"mif1", b"msf1"}
_HEAD = 1 << 16

# Named so that the error can say more than "not a picture".
_OTHERS = (
    (b"%PDF-", "PDF documents are"),
    (b"<svg", "SVG drawings are"),
    (b"<?xml", "XML documents and SVG drawings are"),
    (b"\0\0\x01\0", "ICO icons are"),
    (b"8BPS", "Photoshop documents are"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000 pictures are"),
    (b"\xff\x4f\xff\x51", "JPEG 2000 pictures are"),
    (b"\0\0\0\x0cJXL ", "JPEG XL pictures are"),
    (b"\xff\x0a", "JPEG XL pictures are"),
    (b"\x01\xda", "SGI pictures are"),
)


def sniff(data: bytes) -> Kind:
    """The kind of picture in `data`. Raises UnsupportedImage when it is none that is read."""
    if not data:
        raise UnsupportedImage("the file is empty")
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    # Texts can begin with these two letters as well; the length of a bitmap's header is a small number.
    if data.startswith(b"BM") and data[16:18] in (b"", b"\0", b"\0\0"):
        return Kind.BMP
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Kind.WEBP
    if data[4:8] == b"ftyp" and (kind_by_brand := _kind_by_brand(data)):
        return kind_by_brand
    for signature, name in _OTHERS:
        if data.startswith(signature):
            raise UnsupportedImage(f"{name} not supported")
    raise UnsupportedImage("the file is not a picture of a kind that is supported")


def _kind_by_brand(data: bytes) -> Kind | None:
    length = min(int.from_bytes(data[:4], "big"), 1024)
    brands = {data[start : start + 4] for start in range(8, length, 4) if start != 12}
    if brands & _AVIF_BRANDS:
        return Kind.AVIF
    if brands & _HEIF_BRANDS:
        # The general brands alone don't say how the picture is coded; its item does.
        return Kind.AVIF if not brands & _HEVC_BRANDS and b"av01" in data[:_HEAD] else Kind.HEIF
    return None
