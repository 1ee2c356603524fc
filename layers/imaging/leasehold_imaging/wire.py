"""What a contained worker and its owner say to each other: a JSON head, then bytes as they are.

    message := length of the head, length of the body (each 4 bytes, big-endian), head, body

Not pickle: a worker that a hostile picture took over must not be able to run anything in its owner.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .errors import CorruptImage, ImageTooLarge, PictureError, UnsupportedImage
from .limits import Limits
from .picture import Picture, Thumbnail
from .variants import Variant

LENGTHS = struct.Struct(">II")

_ERRORS: dict[str, type[PictureError]] = {
    fault.code: fault for fault in (UnsupportedImage, CorruptImage, ImageTooLarge)
}


def request(data: bytes, variants: Sequence[Variant], limits: Limits) -> tuple[bytes, bytes]:
    """The two parts to write: the head with its lengths, and the picture itself, which is not copied."""
    return _parts({"variants": [asdict(v) for v in variants], "limits": asdict(limits)}, data)


def read_request(head: bytes) -> tuple[tuple[Variant, ...], Limits]:
    said = json.loads(head)
    return tuple(Variant(**variant) for variant in said["variants"]), Limits(**said["limits"])


def success(picture: Picture, *, retires: bool) -> tuple[bytes, bytes]:
    listed = [[t.variant, t.content_type, t.extension, t.width, t.height, len(t.data)] for t in picture.thumbnails]
    facts = [picture.content_type, picture.width, picture.height, picture.placeholder]
    return _parts(
        {"picture": facts, "thumbnails": listed, "retires": retires},
        b"".join(t.data for t in picture.thumbnails),
    )


def failure(fault: PictureError, *, retires: bool) -> tuple[bytes, bytes]:
    return _parts({"code": fault.code, "message": fault.message, "retires": retires}, b"")


def read_reply(head: bytes, body: bytes) -> tuple[Picture | PictureError, bool]:
    """The outcome, and whether the worker retires after it. Raises ValueError or LookupError for nonsense."""
    said = json.loads(head)
    if "code" in said:
        return _ERRORS[said["code"]](str(said["message"])), bool(said["retires"])
    return _picture(said, body), bool(said["retires"])


def _picture(said: Mapping[str, Any], body: bytes) -> Picture:
    content_type, width, height, placeholder = said["picture"]
    thumbnails = []
    start = 0
    for variant, kind, extension, t_width, t_height, length in said["thumbnails"]:
        data = body[start : start + length]
        thumbnails.append(Thumbnail(str(variant), str(kind), str(extension), int(t_width), int(t_height), data))
        start += length
    return Picture(str(content_type), int(width), int(height), str(placeholder), tuple(thumbnails))


def _parts(head: Mapping[str, object], body: bytes) -> tuple[bytes, bytes]:
    text = json.dumps(head).encode()
    return LENGTHS.pack(len(text), len(body)) + text, body
