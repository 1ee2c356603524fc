"""The one place where whatever a decoder throws becomes one of three errors.

Decoders throw far more than OSError at hostile bytes: ValueError, SyntaxError, RuntimeError, struct.error,
zlib.error, MemoryError, RecursionError, warnings. None of it may reach a caller.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import CorruptImage, ImageTooLarge, PictureError, UnsupportedImage

_SIGNS_OF_TRUNCATION = (
    "truncated",
    "not enough data",
    "ends too early",
    "end of file",
    "no more data",
    "eof",
)
_SIGNS_OF_UNSUPPORTED = (
    "unsupported", "not supported", "unknown pixel mode", "unknown data organization", "not available",
    "not installed", "unrecognized image mode", "unknown raw mode", "not implemented",
)  # fmt: skip
_SIGNS_OF_EXCESS = (
    "out of memory",
    "memory allocation",
    "security limit",
    "insufficient memory",
    "decompression bomb",
    "cannot allocate",
    "failed to encode",  # pixels are never wrong: what an encoder can lack is memory
)


@contextmanager
def guarded(label: str) -> Iterator[None]:
    """Runs the work on a picture of the kind `label`; any exception leaves as a PictureError.

    Decoders' warnings are silenced: what they warn of is either an error soon or nothing to a thumbnail.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except MemoryError:
        raise ImageTooLarge(f"the {label} picture takes more memory than is allowed") from None
    except Exception as fault:
        raise _translated(label, fault) from fault


def _translated(label: str, fault: Exception) -> PictureError:
    said = str(fault).lower()
    if any(sign in said for sign in _SIGNS_OF_EXCESS):
        return ImageTooLarge(f"the {label} picture takes more memory than is allowed")
    if isinstance(fault, EOFError) or any(sign in said for sign in _SIGNS_OF_TRUNCATION):
        return CorruptImage(f"the {label}'s data ends too early")
    if isinstance(fault, NotImplementedError) or any(sign in said for sign in _SIGNS_OF_UNSUPPORTED):
        return UnsupportedImage(f"this flavour of {label} is not supported")
    return CorruptImage(f"the {label}'s data is damaged")
