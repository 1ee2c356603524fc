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

STRIP_PIXELS = 1 << 18
"""How much of a picture is worked on at a time: small enough to stay in the processor's cache."""

Form = Callable[[Image.Image], Image.Image]
Rows = Callable[[int, int], Image.Image]


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


def shrunk(image: Image.Image, need: Size, form: Form = ready) -> Shrunk:
    """The picture at GAP times `need` or somewhat more, or whole where it isn't larger than that.

    `form` brings a picture, or a strip of one, into one of the forms of `pixels`.
    """
    block = block_for(image.size, need)
    if block > 1 and form is ready and is_ready(image):
        return Shrunk(image.reduce(block), (image.width / block, image.height / block))
    return shrunk_rows(lambda top, bottom: image.crop((0, top, image.width, bottom)), image.size, need, form)


def shrunk_rows(rows: Rows, size: Size, need: Size, form: Form = ready) -> Shrunk:
    """The same of a picture that is there row by row only: `rows` gives those from one up to another."""
    width, height = size
    block = block_for(size, need)
    if block == 1:
        return whole(form(rows(0, height)))
    step = max(1, STRIP_PIXELS // (width * block)) * block
    strips = [form(rows(top, min(top + step, height))).reduce(block) for top in range(0, height, step)]
    return Shrunk(stacked(strips), (width / block, height / block))


def stacked(strips: list[Image.Image]) -> Image.Image:
    """The strips, all of one width and mode, as one picture."""
    stack = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    top = 0
    for strip in strips:
        stack.paste(strip, (0, top))
        top += strip.height
    return stack
