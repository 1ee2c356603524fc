"""libspng, which unfilters a PNG's rows in half of Pillow's time where their filter is Paeth's.

It comes in the wheel of pyspng, whose own functions give NumPy arrays only: so it is called directly, and
neither pyspng's Python code nor NumPy is needed. Where the wheel is missing, `is_available` says no, and
Pillow unfilters.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_SAMPLES_AS_STORED = 256
_USE_WHATEVER_THE_CHECKSUM = 2


def is_available() -> bool:
    return _library() is not None


def decoded(png: bytes, length: int) -> bytearray:
    """The `length` bytes of a PNG's pixels, row after row. Raises ValueError where they can't be decoded."""
    library = _library()
    if library is None:
        raise NotImplementedError
    pixels = bytearray(length)
    context = library.spng_ctx_new(0)
    try:
        library.spng_set_crc_action(context, _USE_WHATEVER_THE_CHECKSUM, _USE_WHATEVER_THE_CHECKSUM)
        library.spng_set_png_buffer(context, png, len(png))
        target = (ctypes.c_ubyte * length).from_buffer(pixels)
        if library.spng_decode_image(context, target, length, _SAMPLES_AS_STORED, 0):
            raise ValueError("the rows can't be unfiltered")
    finally:
        library.spng_ctx_free(context)
    return pixels


@cache
def _library() -> ctypes.CDLL | None:
    package = find_spec("pyspng")
    try:
        folder = Path(package.origin).parent if package and package.origin else Path()
        library = ctypes.CDLL(str(next(folder.glob("_pyspng_c*.so"))))
        library.spng_ctx_new.restype = ctypes.c_void_p
        library.spng_ctx_free.argtypes = (ctypes.c_void_p,)
        library.spng_set_crc_action.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
        library.spng_set_png_buffer.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
        library.spng_decode_image.argtypes = (
            ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int,
        )  # fmt: skip
    except (StopIteration, OSError, AttributeError):
        return None
    return library
