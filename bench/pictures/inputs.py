"""The pictures to measure with: made once, kept in the cache folder.

Photos come from the corpus beside the project where it is there, else they are drawn; screenshots are drawn.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("LEASEHOLD_PICTURES") or ROOT.parent / "shared" / "pictures") / "good"
PHOTO = CORPUS / "s__2569067123_aca715a2ee_o.jpg"
HEIC = CORPUS / "h__arrow.heic"

SIZES = {"3 MP": (2000, 1500), "12 MP": (4000, 3000), "48 MP": (8000, 6000)}


@dataclass(frozen=True)
class Input:
    """A row of the table: what it is, and the file."""

    name: str
    file: Path


def inputs(folder: Path) -> Iterator[Input]:
    """Every picture to measure with, from the small ones to the large ones of each kind."""
    folder.mkdir(parents=True, exist_ok=True)
    for label, size in SIZES.items():
        for kind, options in (
            ("JPEG baseline", {"quality": 88}),
            ("JPEG progressive", {"quality": 88, "progressive": True}),
            ("PNG photo", {}),
            ("PNG smooth photo", {}),
            ("PNG screenshot", {}),
            ("WebP photo", {"quality": 85, "method": 2}),
            ("WebP screenshot", {"lossless": True, "method": 1}),
            ("AVIF photo", {"quality": 70, "speed": 9}),
        ):
            form, _, subject = kind.partition(" ")
            file = folder / f"{kind}-{label}.{form.lower()}".replace(" ", "-")
            if not file.exists():
                _SUBJECTS[subject](size).save(file, form.upper(), **options)
            yield Input(f"{kind}, {label}", file)
    if HEIC.exists():
        yield Input("HEIC photo, 12 MP", HEIC)


def photo(size: tuple[int, int]) -> Image.Image:
    """A photo of that size, with the noise of a camera."""
    noise = Image.effect_noise(size, 8)
    return Image.merge("RGB", [ImageChops.add(band, noise, 1, -128) for band in smooth_photo(size).split()])


def smooth_photo(size: tuple[int, int]) -> Image.Image:
    """The same without the noise, for which PNG chooses its dearest filter in every row."""
    image = Image.open(PHOTO).convert("RGB") if PHOTO.exists() else landscape()
    height = min(image.height, image.width * 3 // 4)
    return image.crop((0, 0, height * 4 // 3, height)).resize(size, Image.Resampling.LANCZOS)


def landscape() -> Image.Image:
    """Clouds of every scale, for machines without the corpus."""
    clouds = Image.new("RGB", (2000, 1500), (90, 120, 150))
    for scale in (8, 24, 80, 250, 800):
        grain = [Image.effect_noise((scale * 4 // 3, scale), 70) for _ in range(3)]
        layer = Image.merge("RGB", grain).resize(clouds.size, Image.Resampling.BICUBIC)
        clouds = ImageChops.overlay(clouds, layer)
    return clouds.filter(ImageFilter.GaussianBlur(1))


def screenshot(size: tuple[int, int]) -> Image.Image:
    """Windows with text: sharp edges, few colours, large even areas."""
    chance = random.Random(11)
    image = Image.new("RGB", size, (36, 62, 94))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(22)
    words = [
        "lease",
        "queue",
        "worker",
        "retry",
        "thumbnail",
        "picture",
        "report",
        "token",
        "letter",
        "event",
    ]
    for _ in range(size[0] * size[1] // 800_000):
        left, top = chance.randrange(size[0] - 600), chance.randrange(size[1] - 500)
        draw.rectangle((left, top, left + 900, top + 640), fill=(248, 248, 250), outline=(120, 120, 130), width=2)
        draw.rectangle((left, top, left + 900, top + 40), fill=(222, 224, 230))
        for line in range(20):
            text = " ".join(chance.choice(words) for _ in range(9))
            draw.text((left + 20, top + 54 + 28 * line), text, font=font, fill=(40, 44, 52))
    return image


_SUBJECTS = {
    "photo": photo,
    "baseline": photo,
    "progressive": photo,
    "smooth photo": smooth_photo,
    "screenshot": screenshot,
}
