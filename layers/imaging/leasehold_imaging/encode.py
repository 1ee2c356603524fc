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

Film = list[tuple[Image.Image, int]]
"""Finished frames, each with the milliseconds that it is shown."""

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
    first, *rest = _alike([image for image, _ in film])
    durations = [milliseconds for _, milliseconds in film]
    out = BytesIO()
    match variant.format:
        case "webp":
            first.save(
                out, "WEBP", save_all=True, append_images=rest, duration=durations, loop=min(loops, MOST_LOOPS),
                quality=variant.quality, method=WEBP_EFFORT,
            )  # fmt: skip
        case "png":
            first.save(out, "PNG", save_all=True, append_images=rest, duration=durations, loop=loops)
        case "avif":
            first.save(
                out, "AVIF", save_all=True, append_images=rest, duration=durations,
                quality=variant.quality, speed=AVIF_SPEED,
            )  # fmt: skip
        case "jpeg":
            raise ValueError("a jpeg can't be animated")
    return out.getvalue()


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
