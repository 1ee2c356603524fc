"""Finished small pictures to bytes, with nothing in them but the pixels."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from .variants import Format, Variant

CONTENT_TYPES: dict[Format, str] = {
    "webp": "image/webp", "jpeg": "image/jpeg", "png": "image/png", "avif": "image/avif"
}  # fmt: skip
EXTENSIONS: dict[Format, str] = {"webp": "webp", "jpeg": "jpg", "png": "png", "avif": "avif"}

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


WEBP_EFFORT = 2
AVIF_SPEED = 8


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in ("LA", "RGBA"):
        return image
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, _WHITE)
    ground.alpha_composite(image)
    return ground.convert("RGB")
