"""The shortcuts that make thumbnails fast show the same picture as the long way."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageFilter

from leasehold_imaging import CorruptImage, libspng, libwebp
from leasehold_imaging.limits import Limits
from leasehold_imaging.opening import opened
from leasehold_imaging.png import PngSource
from leasehold_imaging.progressive import without_unseen_detail
from leasehold_imaging.sniff import Kind
from tests.imaging.drawing import chunk, png, quarters, saved, thumbnail


def photo(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Something with light and detail in it, like a photo."""
    noise = [Image.effect_noise((width, height), 40 + 10 * band) for band in range(4)]
    image = ImageChops.add(quarters(width, height), Image.merge("RGB", noise[:3]), 2)
    return image.filter(ImageFilter.GaussianBlur(1)).convert(mode)


def decoded_at_an_eighth(data: bytes) -> tuple[tuple[int, int], bytes]:
    image = Image.open(BytesIO(data))
    image.draft("", (image.width // 8, image.height // 8))
    image.load()
    return image.size, image.tobytes()


@pytest.mark.parametrize("size", [(800, 600), (801, 603), (17, 9), (8, 8), (2400, 1800)])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_a_progressive_jpeg_without_unseen_detail_is_the_same_to_the_bit(
    subsampling: str, size: tuple[int, int]
) -> None:
    data = saved(photo(*size), "JPEG", progressive=True, quality=85, subsampling=subsampling)
    shorter = without_unseen_detail(data)
    assert shorter != data
    assert decoded_at_an_eighth(shorter) == decoded_at_an_eighth(data)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_that_holds_for_grey_and_for_ink(mode: str) -> None:
    data = saved(photo(640, 480, mode), "JPEG", progressive=True)
    assert without_unseen_detail(data) != data
    assert decoded_at_an_eighth(without_unseen_detail(data)) == decoded_at_an_eighth(data)


def test_a_large_progressive_jpeg_loses_most_of_its_data() -> None:
    data = saved(photo(1600, 1200), "JPEG", progressive=True, quality=90)
    assert len(without_unseen_detail(data)) < len(data) / 2


def test_other_jpegs_are_left_alone() -> None:
    baseline = saved(photo(400, 300), "JPEG")
    progressive = saved(photo(400, 300), "JPEG", progressive=True)
    with_restarts = saved(photo(400, 300), "JPEG", progressive=True, restart_marker_rows=1)
    for data in (
        baseline,
        progressive[:-2],
        progressive[:-500],
        with_restarts,
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff",
    ):
        assert without_unseen_detail(data) is data


def filtered(image: Image.Image) -> bytes:
    """The rows of an image, each with a filter of its own, in turns: none, sub, up, average, Paeth."""
    width = len(image.getbands())
    stride = image.width * width
    flat = image.tobytes()
    above = bytes(stride)
    rows = []
    for number in range(image.height):
        row = flat[number * stride : (number + 1) * stride]
        left = bytes(width) + row[:-width]
        corner = bytes(width) + above[:-width]
        kind = number % 5
        guesses = {
            0: bytes(stride),
            1: left,
            2: above,
            3: bytes((a + b) // 2 for a, b in zip(left, above, strict=True)),
            4: bytes(map(paeth, left, above, corner)),
        }[kind]
        rows.append(bytes([kind]) + bytes((a - b) & 255 for a, b in zip(row, guesses, strict=True)))
        above = row
    return b"".join(rows)


def paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


@pytest.mark.parametrize("unfilterer", ["libspng", "Pillow"])
@pytest.mark.parametrize(("mode", "colours"), [("L", 0), ("RGB", 2), ("P", 3), ("LA", 4), ("RGBA", 6)])
def test_a_png_in_strips_is_the_same_as_the_whole(
    mode: str, colours: int, unfilterer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if unfilterer == "Pillow":
        monkeypatch.setattr(libspng, "is_available", lambda: False)
    elif not libspng.is_available():
        pytest.skip("pyspng is not installed")
    image = photo(411, 787)
    if mode == "P":
        image = image.quantize(200)
    elif mode.endswith("A"):
        image = image.convert(mode)
        image.putalpha(photo(411, 787, "L"))
    else:
        image = image.convert(mode)
    palette = [chunk(b"PLTE", bytes(image.getpalette() or []))] if mode == "P" else []
    data = png(*image.size, 8, colours, filtered(image), *palette)
    in_strips = PngSource(data).still((60, 100))
    whole = Image.open(BytesIO(data))
    whole.load()
    assert whole.convert("RGBA").tobytes() == image.convert("RGBA").tobytes()
    ready = {"L": "L", "RGB": "RGB", "P": "RGB", "LA": "La", "RGBA": "RGBa"}[mode]
    straight = {"La": "LA", "RGBa": "RGBA"}.get(ready, ready)
    assert in_strips.image.mode == ready
    assert in_strips.image.tobytes() == whole.convert(straight).convert(ready).reduce(3).tobytes()
    assert in_strips.extent == (411 / 3, 787 / 3)


@pytest.mark.parametrize("unfilterer", ["libspng", "Pillow"])
def test_an_unknown_filter_is_corrupt(unfilterer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libspng, "is_available", lambda: unfilterer == "libspng")
    with pytest.raises(CorruptImage):
        thumbnail(png(900, 900, 8, 0, (b"\5" + bytes(900)) * 900))


def test_idat_in_single_bytes_is_read() -> None:
    data = png(300, 300, 8, 0, (b"\0" + b"\x60" * 300) * 300)
    start = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[start - 4 : start])
    single = b"".join(chunk(b"IDAT", data[at : at + 1]) for at in range(start + 4, start + 4 + length))
    cut = data[: start - 4] + single + data[start + 8 + length :]
    assert PngSource(cut).still((10, 10)).image.getextrema() == (0x60, 0x60)


def test_webp_is_decoded_at_the_size_that_is_needed() -> None:
    if not libwebp.is_available():
        pytest.skip("this Pillow carries no libwebp of its own")
    image = photo(1600, 1200)
    data = saved(image, "WEBP", quality=95)
    small = opened(Kind.WEBP, data, Limits()).still((200, 150)).image
    assert small.size == (300, 225)
    reference = Image.open(BytesIO(data)).convert("RGB").resize(small.size, Image.Resampling.BOX)
    difference = ImageChops.difference(small, reference).convert("L").histogram()
    assert sum(difference[:7]) > 0.99 * small.width * small.height


@pytest.mark.parametrize("alpha", [False, True])
def test_webp_can_be_read_by_pillow_alone(alpha: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(quarters(400, 300).convert("RGBA" if alpha else "RGB"), "WEBP", quality=90)
    quick = opened(Kind.WEBP, data, Limits()).still((400, 300)).image
    monkeypatch.setattr(libwebp, "is_available", lambda: False)
    slow = opened(Kind.WEBP, data, Limits()).still((400, 300)).image
    assert quick.tobytes() == slow.tobytes()
