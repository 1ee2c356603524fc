"""What comes out: a picture's facts and its thumbnails."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One encoded thumbnail: of which variant, as what, how large in pixels, and its bytes."""

    variant: str
    content_type: str
    extension: str
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as its bytes say it is, and its thumbnails in the order of the variants.

    width and height are in pixels and after orientation; placeholder is a ThumbHash in base64.
    """

    content_type: str
    width: int
    height: int
    placeholder: str
    thumbnails: tuple[Thumbnail, ...]
