"""Finished small pictures to bytes, with nothing in them but the pixels."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from .variants import Format, Variant

CONTENT_TYPES: dict[Format, str] = {
    "webp": "image/webp",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "avif": "image/avif",
}
EXTENSIONS: dict[Format, str] = {"webp": "webp", "jpeg": "jpg", "png": "png", "avif": "avif"}

WEBP_EFFORT = 2
"""Of 0 to 6. 4 takes twice as long, for 3 % fewer bytes."""

AVIF_SPEED = 8
"""Of 0 to 10."""

MOST_LOOPS = 0xFFFF
"""As often as a WebP can play. A GIF can say one more, and a PNG many: that is as good as this."""

MOST_MILLISECONDS = 0xFFFFFF
"""As long as a WebP can show a frame: more than four hours."""

Film = list[tuple[Image.Image, int]]
"""Finished frames, each with the milliseconds that it is shown."""

_MOST_IN_16_BITS = 0xFFFF
_WHITE = (255, 255, 255, 255)


def encoded(image: Image.Image, variant: Variant) -> bytes:
    """The bytes of an image in mode L, LA, RGB or RGBA, in the variant's format and quality.

    JPEG knows no transparency: there, what is transparent becomes white.
    """
    image.info.clear()
    out = BytesIO()
    match variant.format:
        case "webp":
            image.save(out, "WEBP", quality=variant.quality, method=WEBP_EFFORT)
        case "jpeg":
            _on_white(image).save(out, "JPEG", quality=variant.quality, optimize=True)
        case "png":
            image.save(out, "PNG")
        case "avif":
            image.save(out, "AVIF", quality=variant.quality, speed=AVIF_SPEED)
    return out.getvalue()


def encoded_film(film: Film, loops: int, variant: Variant) -> bytes:
    """The bytes of an animation that plays `loops` times, 0 for without end. AVIF always plays on."""
    film = _merged(film)
    first, *rest = _alike([image for image, _ in film])
    durations = [milliseconds for _, milliseconds in film]
    out = BytesIO()
    match variant.format:
        case "webp":
            first.save(
                out, "WEBP", save_all=True, append_images=rest, loop=min(loops, MOST_LOOPS),
                duration=[min(milliseconds, MOST_MILLISECONDS) for milliseconds in durations],
                quality=variant.quality, method=WEBP_EFFORT,
            )  # fmt: skip
        case "png":
            first.save(
                out, "PNG", save_all=True, append_images=rest, duration=list(map(_in_16_bits, durations)), loop=loops
            )
        case "avif":
            first.save(
                out, "AVIF", save_all=True, append_images=rest, duration=durations,
                quality=variant.quality, speed=AVIF_SPEED,
            )  # fmt: skip
        case "jpeg":
            raise ValueError("a jpeg can't be animated")
    return out.getvalue()


def _merged(film: Film) -> Film:
    """Frames that are the same one after another as one. Pillow would do it, and trip over the time of the two."""
    merged: Film = []
    for image, milliseconds in film:
        if merged and merged[-1][0].tobytes() == image.tobytes():
            merged[-1] = (merged[-1][0], merged[-1][1] + milliseconds)
        else:
            merged.append((image, milliseconds))
    return merged


def _in_16_bits(milliseconds: int) -> int:
    """A time that PNG can say: up to 65,535 thousandths, or seconds, above which nobody sees the difference."""
    return milliseconds if milliseconds <= _MOST_IN_16_BITS else min(milliseconds // 1000, _MOST_IN_16_BITS) * 1000


def _alike(images: list[Image.Image]) -> list[Image.Image]:
    """The images in one mode, and without anything but pixels."""
    modes = {image.mode for image in images}
    alike = images if modes in ({"RGB"}, {"RGBA"}) else [image.convert("RGBA") for image in images]
    for image in alike:
        image.info.clear()
    return alike


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in ("LA", "RGBA"):
        return image
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, _WHITE)
    ground.alpha_composite(image)
    return ground.convert("RGB")
