"""From a large picture to one about twice the thumbnail's size, by averaging blocks of pixels.

It goes in strips of rows, so that a picture of 100 megapixels is never held a second time in another form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from .geometry import Size
from .pixels import is_ready, ready

GAP = 2.0
"""How many times larger than needed the averaged picture stays; the rest is left to a finer filter."""

STRIP_PIXELS = 1 << 20


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A picture on its way to a thumbnail.

    image   in one of the forms of `pixels`
    extent  how much of the image, in its pixels, the whole picture covers: where a side is no multiple of the
            block, the last block is a part of a pixel only
    """

    image: Image.Image
    extent: tuple[float, float]


def whole(image: Image.Image) -> Shrunk:
    return Shrunk(image, (float(image.width), float(image.height)))


def block_for(size: Size, need: Size) -> int:
    """The side of the blocks that may be averaged where `need` is the size that is wanted in the end."""
    return max(1, int(min(size[0] / need[0], size[1] / need[1]) / GAP))


def shrunk(image: Image.Image, need: Size, form: Callable[[Image.Image], Image.Image] = ready) -> Shrunk:
    """The picture at GAP times `need` or somewhat more, or whole where it isn't larger than that.

    `form` brings a strip of it into one of the forms of `pixels`.
    """
    block = block_for(image.size, need)
    if block == 1:
        return whole(form(image))
    if form is ready and is_ready(image):
        return Shrunk(image.reduce(block), (image.width / block, image.height / block))
    return _shrunk_in_strips(image, block, form)


def _shrunk_in_strips(image: Image.Image, block: int, form: Callable[[Image.Image], Image.Image]) -> Shrunk:
    rows = max(1, STRIP_PIXELS // (image.width * block)) * block
    strips = (
        image.crop((0, top, image.width, min(top + rows, image.height)))
        for top in range(0, image.height, rows)
    )
    reduced = [form(strip).reduce(block) for strip in strips]
    return Shrunk(_stacked(reduced), (image.width / block, image.height / block))


def _stacked(strips: list[Image.Image]) -> Image.Image:
    stack = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    top = 0
    for strip in strips:
        stack.paste(strip, (0, top))
        top += strip.height
    return stack
