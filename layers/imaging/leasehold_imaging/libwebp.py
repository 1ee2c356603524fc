"""libwebp's own interface for decoding, as far as Pillow leaves it out: decoding at a smaller size.

The library is the one that Pillow's wheel carries and loads. Its interface has a version, which it checks
when it is asked to initialise a decoder; where it is another, or Pillow was built otherwise, `is_available`
says no.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from .errors import CorruptImage, PictureError, UnsupportedImage
from .geometry import Size

_INTERFACE = 0x0209
_RGB, _RGBA = 0, 1
_OK, _OUT_OF_MEMORY, _UNSUPPORTED, _SUSPENDED, _NOT_ENOUGH_DATA = 0, 1, 4, 5, 7


class _Features(ctypes.Structure):
    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("has_alpha", ctypes.c_int),
        ("has_animation", ctypes.c_int),
        ("format", ctypes.c_int),
        ("padding", ctypes.c_uint32 * 5),
    )


class _Pixels(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("stride", ctypes.c_int), ("length", ctypes.c_size_t))


class _Planes(ctypes.Structure):
    _fields_ = (
        ("starts", ctypes.c_void_p * 4),
        ("strides", ctypes.c_int * 4),
        ("lengths", ctypes.c_size_t * 4),
    )


class _Layout(ctypes.Union):
    _fields_ = (("pixels", _Pixels), ("planes", _Planes))


class _Output(ctypes.Structure):
    _fields_ = (
        ("colours", ctypes.c_int),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("is_external", ctypes.c_int),
        ("layout", _Layout),
        ("padding", ctypes.c_uint32 * 4),
        ("private", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        ("bypass_filtering", ctypes.c_int),
        ("no_fancy_upsampling", ctypes.c_int),
        ("use_cropping", ctypes.c_int),
        ("crop", ctypes.c_int * 4),
        ("use_scaling", ctypes.c_int),
        ("scaled_width", ctypes.c_int),
        ("scaled_height", ctypes.c_int),
        ("use_threads", ctypes.c_int),
        ("dithering_strength", ctypes.c_int),
        ("flip", ctypes.c_int),
        ("alpha_dithering_strength", ctypes.c_int),
        ("padding", ctypes.c_uint32 * 5),
    )


class _Config(ctypes.Structure):
    _fields_ = (("input", _Features), ("output", _Output), ("options", _Options))


@dataclass(frozen=True, slots=True)
class Features:
    """What a WebP's header says."""

    size: Size
    has_alpha: bool
    has_animation: bool


@dataclass(frozen=True, slots=True)
class Pixels:
    """Decoded pixels in libwebp's memory: 8-bit RGB or RGBA, a row every `stride` bytes."""

    size: Size
    mode: str
    stride: int
    data: memoryview


def is_available() -> bool:
    return _library() is not None


def features(data: bytes) -> Features:
    found = _Features()
    _check(_loaded().WebPGetFeaturesInternal(data, len(data), ctypes.byref(found), _INTERFACE))
    return Features((found.width, found.height), bool(found.has_alpha), bool(found.has_animation))


@contextmanager
def decoded(data: bytes, size: Size | None, *, alpha: bool) -> Iterator[Pixels]:
    """The pixels, until the context ends; averaged to `size`, or where that is None as they are."""
    library = _loaded()
    config = _Config()
    library.WebPInitDecoderConfigInternal(ctypes.byref(config), _INTERFACE)
    config.output.colours = _RGBA if alpha else _RGB
    if size is not None:
        config.options.use_scaling = 1
        config.options.scaled_width, config.options.scaled_height = size
    try:
        _check(library.WebPDecode(data, len(data), ctypes.byref(config)))
        output = config.output
        pixels = output.layout.pixels
        memory = (ctypes.c_ubyte * (pixels.stride * output.height)).from_address(pixels.start)
        yield Pixels(
            (output.width, output.height),
            "RGBA" if alpha else "RGB",
            pixels.stride,
            memoryview(memory).cast("B"),
        )
    finally:
        library.WebPFreeDecBuffer(ctypes.byref(config.output))


def _check(status: int) -> None:
    if status != _OK:
        raise _fault(status)


def _fault(status: int) -> PictureError | MemoryError:
    if status == _OUT_OF_MEMORY:
        return MemoryError()
    if status == _UNSUPPORTED:
        return UnsupportedImage("this flavour of WebP is not supported")
    if status in (_SUSPENDED, _NOT_ENOUGH_DATA):
        return CorruptImage("the WebP's data ends too early")
    return CorruptImage("the WebP's data is damaged")


def _loaded() -> ctypes.CDLL:
    library = _library()
    if library is None:
        raise NotImplementedError
    return library


@cache
def _library() -> ctypes.CDLL | None:
    """libwebp, found through Pillow's module that is linked to it."""
    try:
        from PIL import _webp

        library = ctypes.CDLL(_webp.__file__)
        initialise = library.WebPInitDecoderConfigInternal
        initialise.argtypes = (ctypes.POINTER(_Config), ctypes.c_int)
        library.WebPGetFeaturesInternal.argtypes = (
            ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(_Features), ctypes.c_int,
        )  # fmt: skip
        library.WebPDecode.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(_Config))
        library.WebPFreeDecBuffer.argtypes = (ctypes.POINTER(_Output),)
        library.WebPFreeDecBuffer.restype = None
    except (ImportError, OSError, AttributeError):
        return None
    return library if initialise(ctypes.byref(_Config()), _INTERFACE) else None
