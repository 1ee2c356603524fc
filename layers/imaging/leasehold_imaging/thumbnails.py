"""The way of a picture: sniff, open, check, decode once; per variant resize, to sRGB, turn, encode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from PIL import Image

from .colour import Colours
from .deadline import Deadline
from .encode import CONTENT_TYPES, EXTENSIONS, Film, encoded, encoded_film
from .geometry import MIDDLE, Plan, Size, planned
from .guard import guarded
from .limits import Limits
from .opening import opened
from .orientation import is_sideways, oriented_size, turned
from .picture import Picture, Thumbnail
from .placeholder import thumbhash
from .shrink import Shrunk
from .smart import Focus, focus_of
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
        deadline = Deadline(limits.max_seconds)
        source = opened(kind, data, limits)
        return _Work(kind, source, variants, limits, deadline).done()


@dataclass(frozen=True, slots=True)
class _Cut:
    """A variant, and what of the picture it shows at which size."""

    variant: Variant
    plan: Plan
    focus: Focus


class _Work:
    """The thumbnails of one opened picture."""

    def __init__(
        self, kind: Kind, source: Source, variants: Sequence[Variant], limits: Limits, deadline: Deadline
    ) -> None:
        self._kind = kind
        self._source = source
        self._variants = variants
        self._limits = limits
        self._deadline = deadline
        self._colours = Colours(source.profile)

    def done(self) -> Picture:
        sideways = is_sideways(self._source.orientation)
        plans = [planned(variant, self._source.size, sideways=sideways) for variant in self._variants]
        base = self._source.still(_need(plans))
        self._deadline.check()
        cuts = [
            _Cut(variant, plan, focus_of(base.image, plan) if variant.fit == "smart" and plan.crops else MIDDLE)
            for variant, plan in zip(self._variants, plans, strict=True)
        ]
        films = self._films([cut for cut in cuts if cut.variant.animated])
        thumbnails = []
        placeholder = ""
        for cut in cuts:
            film = films.get(cut.variant.name) or [(self._finished(base, cut), 0)]
            placeholder = placeholder or thumbhash(film[0][0])
            thumbnails.append(self._thumbnail(film, cut.variant))
            self._deadline.check()
        width, height = oriented_size(self._source.size, self._source.orientation)
        return Picture(self._kind.content_type, width, height, placeholder, tuple(thumbnails))

    def _films(self, cuts: Sequence[_Cut]) -> dict[str, Film]:
        """The frames of each variant that moves, where the picture does; all from reading each frame once."""
        films: dict[str, Film] = {cut.variant.name: [] for cut in cuts}
        if cuts:
            kept = sum(cut.plan.size[0] * cut.plan.size[1] for cut in cuts)
            most = self._limits.frames_of(self._source.size[0] * self._source.size[1], kept)
            for frame in islice(self._source.frames(_need([cut.plan for cut in cuts])), most):
                for cut in cuts:
                    films[cut.variant.name].append((self._finished(frame.picture, cut), frame.milliseconds))
                self._deadline.check()
        return films

    def _finished(self, picture: Shrunk, cut: _Cut) -> Image.Image:
        return turned(self._colours.to_srgb(_resized(picture, cut)), self._source.orientation)

    def _thumbnail(self, film: Film, variant: Variant) -> Thumbnail:
        image = film[0][0]
        data = encoded(image, variant) if len(film) == 1 else encoded_film(film, self._source.loops(), variant)
        return Thumbnail(variant.name, CONTENT_TYPES[variant.format], EXTENSIONS[variant.format], *image.size, data)


def _need(plans: Sequence[Plan]) -> Size:
    """The size of which every variant can be made."""
    return max(plan.scaled[0] for plan in plans), max(plan.scaled[1] for plan in plans)


def _resized(picture: Shrunk, cut: _Cut) -> Image.Image:
    window = cut.plan.window(picture.extent, cut.focus)
    if cut.plan.size == picture.image.size and window == (0.0, 0.0, *picture.extent):
        return picture.image
    return picture.image.resize(cut.plan.size, Image.Resampling.LANCZOS, box=window, reducing_gap=2.0)
