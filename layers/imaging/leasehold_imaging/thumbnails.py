"""The way of a picture: sniff, open, check, decode once; per variant resize, to sRGB, turn, encode."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from .colour import conversion_to_srgb
from .deadline import Deadline
from .encode import CONTENT_TYPES, EXTENSIONS, encoded
from .geometry import MIDDLE, Plan, Size, planned
from .guard import guarded
from .limits import Limits
from .opening import opened
from .orientation import is_sideways, oriented_size, turned
from .picture import Picture, Thumbnail
from .placeholder import thumbhash
from .shrink import Shrunk
from .sniff import Kind, sniff
from .source import Source
from .variants import Variant


def make_thumbnails(data: bytes, variants: Sequence[Variant], limits: Limits) -> Picture:
    """See `leasehold_imaging.make_thumbnails`."""
    if not variants:
        raise ValueError("there is no variant to make")
    limits.check_bytes(len(data))
    kind = sniff(data)
    with guarded(kind.label):
        source = opened(kind, data, limits)
        return _made(kind, source, variants, Deadline(limits.max_seconds))


def _made(kind: Kind, source: Source, variants: Sequence[Variant], deadline: Deadline) -> Picture:
    plans = [planned(variant, source.size, sideways=is_sideways(source.orientation)) for variant in variants]
    base = source.still(_need(plans))
    deadline.check()
    to_srgb = conversion_to_srgb(source.profile, base.image.mode)
    thumbnails = []
    placeholder = ""
    for variant, plan in zip(variants, plans, strict=True):
        image = turned(to_srgb(_resized(base, plan)), source.orientation)
        placeholder = placeholder or thumbhash(image)
        thumbnails.append(_thumbnail(image, variant))
        deadline.check()
    width, height = oriented_size(source.size, source.orientation)
    return Picture(kind.content_type, width, height, placeholder, tuple(thumbnails))


def _need(plans: Sequence[Plan]) -> Size:
    """The size of which every variant can be made."""
    return max(plan.scaled[0] for plan in plans), max(plan.scaled[1] for plan in plans)


def _resized(base: Shrunk, plan: Plan) -> Image.Image:
    window = plan.window(base.extent, MIDDLE)
    if plan.size == base.image.size and window == (0.0, 0.0, *map(float, base.image.size)):
        return base.image
    return base.image.resize(plan.size, Image.Resampling.LANCZOS, box=window, reducing_gap=2.0)


def _thumbnail(image: Image.Image, variant: Variant) -> Thumbnail:
    return Thumbnail(
        variant.name,
        CONTENT_TYPES[variant.format],
        EXTENSIONS[variant.format],
        *image.size,
        encoded(image, variant),
    )
