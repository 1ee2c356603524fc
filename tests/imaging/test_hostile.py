"""Hostile pictures end as one of three errors, at little cost, and say what was wrong."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator

import pytest
from PIL import Image

from leasehold_imaging import (
    CorruptImage,
    ImageTooLarge,
    Limits,
    Picture,
    PictureError,
    UnsupportedImage,
    Variant,
    make_thumbnails,
)
from leasehold_imaging.boxes import av1_bytes_a_pixel
from leasehold_imaging.deadline import Deadline
from leasehold_imaging.guard import guarded
from tests.imaging.drawing import (
    RED,
    chunk,
    exif,
    is_near,
    pixel,
    png,
    quarters,
    saved,
    thumbnail,
    thumbnails,
)
from tests.imaging.mutation import corpus_seeds, drawn_seeds, mutated

VARIANTS = [Variant("moving", 32, 32, animated=True), Variant("smart", 16, 24, fit="smart", format="png")]
SMALL = Limits(max_pixels=4_000_000, max_seconds=10, max_frames=20, max_animation_pixels=4_000_000)


@pytest.mark.parametrize(
    ("thrown", "code"),
    [
        (OSError("image file is truncated"), "corrupt_image"),
        (SyntaxError("not a TIFF file"), "corrupt_image"),
        (ValueError("bad"), "corrupt_image"),
        (RuntimeError("worse"), "corrupt_image"),
        (struct.error("short"), "corrupt_image"),
        (zlib.error("odd"), "corrupt_image"),
        (KeyError(3), "corrupt_image"),
        (ZeroDivisionError(), "corrupt_image"),
        (RecursionError(), "corrupt_image"),
        (EOFError(), "corrupt_image"),
        (SyntaxError("unknown pixel mode"), "unsupported_image"),
        (NotImplementedError(), "unsupported_image"),
        (MemoryError(), "image_too_large"),
        (OSError("memory allocation failed"), "image_too_large"),
        (RuntimeError("Failed to encode image: Encoding of color planes failed"), "image_too_large"),
        (Image.DecompressionBombError("could be decompression bomb DOS attack"), "image_too_large"),
        (UnsupportedImage("as it is"), "unsupported_image"),
    ],
)
def test_all_that_decoders_throw_becomes_a_picture_error(thrown: Exception, code: str) -> None:
    with pytest.raises(PictureError) as caught, guarded("PNG"):
        raise thrown
    assert caught.value.code == code
    assert caught.value.message


def test_warnings_are_no_errors() -> None:
    with guarded("PNG"):
        warnings.warn("mind the step", stacklevel=1)


def test_a_fault_of_the_caller_is_not_the_pictures() -> None:
    with pytest.raises(ValueError, match="no variant"):
        make_thumbnails(b"\xff\xd8\xff", [], Limits())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"\n", "not a picture"),
        (b"GIF", "not a picture"),
        (b"%PDF-1.7\n", "PDF documents are not supported"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawings are not supported"),
        (b"\0\0\x01\0\x01\0", "ICO icons are not supported"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000 pictures are not supported"),
        (b"BM is how this text begins, as bitmaps do", "not a picture"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "not a picture"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "not a picture"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, message: str) -> None:
    with pytest.raises(UnsupportedImage, match=message):
        thumbnails(data, *VARIANTS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP"])
def test_a_picture_that_ends_too_early_is_corrupt(kind: str) -> None:
    data = saved(Image.effect_noise((400, 300), 50).convert("RGB"), kind)
    for share in (0.3, 0.6, 0.9):
        with pytest.raises(CorruptImage, match=r"ends too early|damaged"):
            thumbnails(data[: int(len(data) * share)], *VARIANTS)


@pytest.mark.parametrize("size", [(80, 60), (1600, 1200)], ids=["whole", "at an eighth"])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_that_ends_too_early_and_says_that_it_does_not_is_corrupt(mode: str, size: tuple[int, int]) -> None:
    """Its decoder makes what is missing grey, and says nothing."""
    data = saved(Image.effect_noise(size, 90).convert("RGB").convert(mode), "JPEG")
    assert thumbnails(data, *VARIANTS).width == size[0]
    for share in (0.5, 0.9):
        with pytest.raises(CorruptImage, match="ends too early"):
            thumbnails(data[: int(len(data) * share)] + b"\xff\xd9", *VARIANTS)


@pytest.mark.parametrize("size", [(80, 60), (1600, 1200)], ids=["whole", "at an eighth"])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_progressive_jpeg_shows_what_it_has_if_that_is_all_of_the_picture(mode: str, size: tuple[int, int]) -> None:
    image = Image.effect_noise(size, 90).convert("RGB").convert(mode)
    data = saved(image, "JPEG", progressive=True)
    first = data.index(b"\xff\xda")
    second = data.index(b"\xff\xda", first + 2)
    assert thumbnails(data[: second + 100] + b"\xff\xd9", *VARIANTS).width == size[0]
    with pytest.raises(CorruptImage, match="ends too early"):
        thumbnails(data[: first + 30] + b"\xff\xd9", *VARIANTS)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_that_lacks_nothing_but_its_end_is_sound(mode: str) -> None:
    for image in (Image.effect_noise((80, 60), 90), Image.new("L", (80, 60), 128)):
        data = saved(image.convert("RGB").convert(mode), "JPEG")
        assert thumbnails(data[:-2], *VARIANTS) == thumbnails(data, *VARIANTS)


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_what_lacks_nothing_but_its_last_marks_is_sound(kind: str) -> None:
    data = saved(quarters(80, 60), kind)
    whole = len(data) - (2 if kind == "GIF" else 12)
    assert thumbnails(data[:whole], *VARIANTS) == thumbnails(data, *VARIANTS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP"])
def test_a_picture_over_the_pixel_limit_is_not_decoded(kind: str) -> None:
    data = saved(quarters(200, 100), kind)
    assert thumbnails(data, *VARIANTS, limits=Limits(max_pixels=20_000)).width == 200
    with pytest.raises(ImageTooLarge, match="200 x 100 pixels"):
        thumbnails(data[: len(data) * 9 // 10], *VARIANTS, limits=Limits(max_pixels=19_999))


def test_the_byte_limit_counts() -> None:
    data = saved(quarters(20, 20), "PNG")
    assert thumbnails(data, *VARIANTS, limits=Limits(max_bytes=len(data))).width == 20
    with pytest.raises(ImageTooLarge, match=f"{len(data)} bytes"):
        thumbnails(data, *VARIANTS, limits=Limits(max_bytes=len(data) - 1))


def test_the_time_limit_counts() -> None:
    ticks = iter([0.0, 1.9, 2.1])
    deadline = Deadline(2.0, lambda: next(ticks))
    deadline.check()
    with pytest.raises(ImageTooLarge, match="longer than the 2 seconds"):
        deadline.check()
    with pytest.raises(ImageTooLarge, match="seconds"):
        thumbnails(saved(quarters(900, 900), "PNG"), *VARIANTS, limits=Limits(max_seconds=1e-9))


def test_huge_dimensions_in_a_small_file_are_too_large() -> None:
    frame = struct.pack("<BHHHHB", 0x2C, 0, 0, 65535, 65535, 0) + b"\x08\x02\0\0\0"
    for data in (
        png(2_000_000_000, 2_000_000_000, 8, 2, b""),
        b"GIF89a\xff\xff\xff\xff\0\0\0" + frame,
        b"GIF89a\x08\0\x08\0\0\0\0" + frame,
        b"BM" + struct.pack("<12xIiiHHI24x", 40, 3_000_000, 2_000_000, 1, 24, 0),
        saved(quarters(8, 8), "JPEG").replace(b"\x08\0\x08\0\x08\x03", b"\x08\xff\xff\xff\xff\x03"),
    ):
        with pytest.raises(ImageTooLarge, match="megapixels"):
            thumbnails(data, *VARIANTS)


def test_a_png_without_the_palette_that_it_needs_is_corrupt() -> None:
    with pytest.raises(CorruptImage, match="no palette"):
        thumbnails(png(4, 4, 8, 3, (b"\0" + bytes(4)) * 4), *VARIANTS)


@pytest.mark.parametrize(
    ("name", "start"), [(b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\1\0\0\0"), (b"iCCP", b"icc\0\0")]
)
def test_a_chunk_that_inflates_to_megabytes_does_no_harm(name: bytes, start: bytes) -> None:
    bomb = chunk(name, start + zlib.compress(b"A" * 80_000_000))
    data = png(4, 4, 8, 2, (b"\0" + bytes(RED) * 4) * 4, bomb, bomb)
    assert is_near(pixel(thumbnail(data), 1, 1), RED, 1)


def test_pixels_that_inflate_to_more_than_the_picture_do_no_harm() -> None:
    data = png(1200, 1200, 8, 0, (b"\0" + b"\x80" * 1200) * 60_000)
    assert is_near(pixel(thumbnail(data).convert("RGB"), 9, 9), (128, 128, 128), 1)


@pytest.mark.parametrize("where", [2, 4, 6])
def test_broken_metadata_costs_no_thumbnail(where: int) -> None:
    block = bytearray(exif(6) + b"\0" * 40)
    block[6 + where : 6 + where + 4] = b"\xff" * 4
    for kind in ("JPEG", "WEBP"):
        assert thumbnails(saved(quarters(90, 90), kind, exif=bytes(block)), *VARIANTS).width == 90


def endings(seeds: list[bytes], seed: int, count: int) -> Iterator[Picture | str]:
    for data in mutated(seeds, seed, count):
        try:
            yield make_thumbnails(data, VARIANTS, SMALL)
        except PictureError as fault:
            yield fault.code


def check(ending: Picture | str) -> None:
    if isinstance(ending, str):
        assert ending in {"unsupported_image", "corrupt_image", "image_too_large"}
        return
    assert 1 <= ending.width * ending.height <= SMALL.max_pixels
    assert ending.placeholder
    for variant, thumb in zip(VARIANTS, ending.thumbnails, strict=True):
        assert 1 <= thumb.width <= variant.width
        assert 1 <= thumb.height <= variant.height
        assert thumb.data


def test_mutated_pictures_end_as_thumbnails_or_picture_errors() -> None:
    found = list(endings(drawn_seeds(), 2024, 1500))
    for ending in found:
        check(ending)
    assert sum(isinstance(ending, Picture) for ending in found) > 100


def test_mutated_pictures_of_the_corpora_do_too() -> None:
    seeds = corpus_seeds()
    if not seeds:
        pytest.skip("there are no pictures beside the project")
    for ending in endings(seeds, 7, 1500):
        check(ending)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 140))
def test_tens_of_thousands_of_mutated_pictures_do_too(seed: int) -> None:
    for ending in endings(drawn_seeds() + corpus_seeds(), seed, 4000):
        check(ending)


@pytest.mark.parametrize("cut", [1, 4, 9, 16, 40, 100])
def test_a_tiff_whose_directory_is_cut_is_corrupt_and_not_of_an_odd_kind(cut: int) -> None:
    data = saved(Image.effect_noise((120, 90), 50).convert("RGB"), "TIFF", compression="tiff_lzw")
    with pytest.raises(CorruptImage, match="ends too early"):
        thumbnails(data[:-cut], *VARIANTS)


def test_a_tiff_that_says_little_but_a_huge_size_is_too_large() -> None:
    sizes = b"".join(struct.pack("<HHII", tag, 4, 1, 0xFFFFFFFF) for tag in (256, 257))
    with pytest.raises(ImageTooLarge, match="megapixels"):
        thumbnails(b"II*\0\x08\0\0\0\x02\0" + sizes + bytes(4), *VARIANTS)


@pytest.mark.parametrize(
    ("subsampling", "alpha", "bytes_a_pixel"),
    [("4:4:4", False, 6), ("4:2:2", False, 5), ("4:2:0", False, 4.5), ("4:0:0", False, 2), ("4:2:0", True, 6.5)],
)
def test_an_avif_that_can_not_fit_into_memory_is_too_large_before_its_decoder_calls_it_broken(
    subsampling: str, alpha: bool, bytes_a_pixel: float
) -> None:
    image = quarters(100, 80).convert("RGBA" if alpha else "RGB")
    if alpha:
        image.putalpha(9)
    data = saved(image, "AVIF", subsampling=subsampling)
    needed = round(100 * 80 * bytes_a_pixel)
    assert thumbnails(data, *VARIANTS, limits=Limits(max_memory=needed)).width == 100
    with pytest.raises(ImageTooLarge, match="MiB of memory"):
        thumbnails(data, *VARIANTS, limits=Limits(max_memory=needed - 1))


def test_an_avif_of_ten_bits_takes_twice_the_memory() -> None:
    data = bytearray(saved(quarters(100, 80), "AVIF", subsampling="4:4:4"))
    assert av1_bytes_a_pixel(bytes(data)) == 3
    data[data.index(b"av1C") + 6] |= 0x40
    assert av1_bytes_a_pixel(bytes(data)) == 6


def test_an_animated_webp_that_can_not_fit_into_memory_is_too_large() -> None:
    frames = [quarters(100, 80), quarters(100, 80).rotate(90)]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(ImageTooLarge, match="MiB of memory"):
        thumbnails(data, *VARIANTS, limits=Limits(max_memory=63_999))
    assert thumbnails(data, *VARIANTS, limits=Limits(max_memory=64_000)).width == 100


def test_a_heic_that_can_not_fit_into_memory_is_too_large() -> None:
    seeds = [data for data in corpus_seeds() if data[8:12] == b"heic" and is_read(data)]
    if not seeds:
        pytest.skip("there are no pictures beside the project")
    with pytest.raises(ImageTooLarge, match="MiB of memory"):
        thumbnails(seeds[0], *VARIANTS, limits=Limits(max_memory=1000))


def is_read(data: bytes) -> bool:
    try:
        return bool(thumbnails(data, *VARIANTS).thumbnails)
    except PictureError:
        return False
