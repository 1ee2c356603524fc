"""The odder kinds of TIFF, BMP and JPEG are read too."""

from __future__ import annotations

import base64
import struct

import pytest
from PIL import Image

from leasehold_imaging import CorruptImage, UnsupportedImage, Variant
from tests.imaging.drawing import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    are_near,
    corners,
    is_near,
    pixel,
    quarters,
    ramp,
    saved,
    thumbnail,
    thumbnails,
)

UPRIGHT = [RED, GREEN, BLUE, YELLOW]


def tiff(tags: dict[int, list[int]], pixels: list[bytes], order: str = "<", big: bool = False) -> bytes:
    """A TIFF of one directory: its tags, all as LONG, and the strips or tiles, whose places this fills in."""
    count = len(tags) + 2
    places, lengths = (324, 325) if 322 in tags else (273, 279)
    head, entry, number, word = (16, 20, "Q", 8) if big else (8, 12, "I", 4)
    start = head + (8 if big else 2) + count * entry + word
    values: dict[int, list[int]] = dict(tags)
    extra = b""
    data_start = start + 4 * sum(len(v) for v in tags.values()) + 8 * len(pixels)
    values[places] = [data_start + sum(map(len, pixels[:index])) for index in range(len(pixels))]
    values[lengths] = [len(part) for part in pixels]
    directory = b""
    for tag, numbers in sorted(values.items()):
        content = struct.pack(f"{order}{len(numbers)}I", *numbers)
        if len(content) <= word:
            content = content.ljust(word, b"\0")
        else:
            place = start + len(extra)
            extra += content
            content = struct.pack(order + number, place)
        directory += struct.pack(order + "HH" + number, tag, 4, len(numbers)) + content
    mark = b"II" if order == "<" else b"MM"
    signature = struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8)
    counted = struct.pack(order + ("Q" if big else "H"), count) + directory + bytes(word)
    return (mark + signature + counted + extra).ljust(data_start, b"\0") + b"".join(pixels)


def base_tags(width: int, height: int, bits: list[int], meaning: int) -> dict[int, list[int]]:
    return {256: [width], 257: [height], 258: bits, 259: [1], 262: [meaning], 277: [len(bits)], 278: [height]}


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True), (">", True)])
def test_plain_strips(order: str, big: bool) -> None:
    image = quarters(60, 40)
    data = tiff(base_tags(60, 40, [8, 8, 8], 2), [image.tobytes()], order, big)
    assert are_near(corners(thumbnail(data)), UPRIGHT, 0)


def test_tiles() -> None:
    image = quarters(64, 32)
    tiles = [image.crop((left, top, left + 16, top + 16)).tobytes() for top in (0, 16) for left in (0, 16, 32, 48)]
    tags = base_tags(64, 32, [8, 8, 8], 2) | {322: [16], 323: [16]}
    del tags[278]
    assert are_near(corners(thumbnail(tiff(tags, tiles))), UPRIGHT, 0)


def test_planes_apart() -> None:
    image = quarters(60, 40)
    data = tiff(base_tags(60, 40, [8, 8, 8], 2) | {284: [2]}, [band.tobytes() for band in image.split()])
    assert are_near(corners(thumbnail(data)), UPRIGHT, 0)


@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bits_a_sample(order: str) -> None:
    rgb = quarters(60, 40).tobytes()
    data = tiff(
        base_tags(60, 40, [16, 16, 16], 2),
        [struct.pack(f"{order}{len(rgb)}H", *(v * 257 for v in rgb))],
        order,
    )
    assert are_near(corners(thumbnail(data)), UPRIGHT, 1)
    grey = tiff(base_tags(8, 8, [16], 1), [struct.pack(f"{order}64H", *[0x8080] * 64)], order)
    assert is_near(pixel(thumbnail(grey).convert("RGB"), 3, 3), (128, 128, 128), 1)


def test_large_files_in_big_endian_order_of_many_strips() -> None:
    image = quarters(60, 40)
    strips = [image.crop((0, top, 60, top + 8)).tobytes() for top in range(0, 40, 8)]
    tags = base_tags(60, 40, [8, 8, 8], 2) | {278: [8]}
    data = tiff(tags, strips, ">", big=True)
    assert are_near(corners(thumbnail(data)), UPRIGHT, 0)
    with pytest.raises(CorruptImage):
        thumbnail(data[:-1])


@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bits_of_which_none_is_white(order: str) -> None:
    values = [65535 - round(65535 * x / 63) for x in range(64)] * 8
    data = tiff(base_tags(64, 8, [16], 0), [struct.pack(f"{order}512H", *values)], order)
    row = [pixel(thumbnail(data).convert("RGB"), x, 4)[0] for x in range(64)]
    assert max(abs(have - 255 * x / 63) for x, have in enumerate(row)) <= 1


@pytest.mark.parametrize(
    ("sample", "form", "scale"),
    [(3, "f", 3.0), (2, "i", 8.0e6), (1, "I", 16843009)],
    ids=["float", "signed", "unsigned"],
)
def test_32_bits_have_one_black_and_one_white_in_all_strips(sample: int, form: str, scale: float) -> None:
    grey = ramp(256, 1100).transpose(Image.Transpose.ROTATE_90)
    values = [type(scale)(value * scale) for value in grey.tobytes()]
    if form != "f":
        values = list(map(int, values))
    data = tiff(base_tags(*grey.size, [32], 1) | {339: [sample]}, [struct.pack(f"<{len(values)}{form}", *values)])
    made = thumbnail(data, 100, 30).convert("L")
    wanted = grey.resize(made.size, Image.Resampling.BOX)
    assert max(abs(a - b) for a, b in zip(made.tobytes(), wanted.tobytes(), strict=True)) <= 4


def test_12_bits_are_scaled_by_their_own_white() -> None:
    data = tiff(base_tags(4, 4, [12], 1), [b"\xff\xff\xff" * 8])
    assert pixel(thumbnail(data).convert("RGB"), 2, 2) == (255, 255, 255)


def test_floats_from_0_to_1() -> None:
    tags = base_tags(8, 8, [32], 1) | {339: [3]}
    data = tiff(tags, [struct.pack("<64f", *[0.5] * 64)])
    assert is_near(pixel(thumbnail(data).convert("RGB"), 3, 3), (128, 128, 128), 1)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_compressed_tiffs(compression: str) -> None:
    data = saved(
        quarters(900, 600),
        "TIFF",
        compression=compression,
        **({"quality": 95} if compression == "jpeg" else {}),
    )
    assert are_near(corners(thumbnail(data)), UPRIGHT, 6)


def test_a_compression_that_no_decoder_knows_is_unsupported() -> None:
    for compression in (34712, 34887, 50001, 50002):  # JPEG 2000, LERC, WebP, JPEG XL
        tags = base_tags(60, 40, [8, 8, 8], 2) | {259: [compression]}
        with pytest.raises(UnsupportedImage, match="compression"):
            thumbnail(tiff(tags, [bytes(100)]))


def test_the_first_page_counts() -> None:
    data = saved(quarters(60, 40), "TIFF", save_all=True, append_images=[Image.new("RGB", (500, 500))])
    assert thumbnails(data, Variant("one", 60, 60)).width == 60


@pytest.mark.parametrize(
    ("bits", "masks"),
    [
        (16, (0xF800, 0x07E0, 0x001F, 0)),
        (16, (0x7C00, 0x03E0, 0x001F, 0x8000)),
        (16, (0x0F00, 0x00F0, 0x000F, 0xF000)),
        (16, (0x000F, 0x00F0, 0x0F00, 0)),
        (32, (0xFF000000, 0x00000FF0, 0x00FF0000, 0)),
        (32, (0x3FF00000, 0x000FFC00, 0x000003FF, 0xC0000000)),
        (32, (0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000)),
    ],
)
@pytest.mark.parametrize("top_down", [False, True])
@pytest.mark.parametrize("size", [(30, 20), (900, 700)], ids=["whole", "in strips"])
def test_bitmaps_of_any_bit_layout(
    bits: int, masks: tuple[int, int, int, int], top_down: bool, size: tuple[int, int]
) -> None:
    def stored(colour: tuple[int, int, int]) -> bytes:
        value = 0
        for part, mask in zip((*colour, 255), masks, strict=True):
            if mask:
                lowest = mask & -mask
                value |= round(part / 255 * (mask // lowest)) * lowest
        return value.to_bytes(bits // 8, "little")

    width, height = size
    upper = (stored(RED) * (width // 2) + stored(GREEN) * (width // 2)) * (height // 2)
    lower = (stored(BLUE) * (width // 2) + stored(YELLOW) * (width // 2)) * (height // 2)
    signed = -height if top_down else height
    header = struct.pack("<IiiHHIIiiII4I", 56, width, signed, 1, bits, 3, 0, 0, 0, 0, 0, *masks)
    data = b"BM" + struct.pack("<IHHI", 0, 0, 0, 14 + len(header)) + header
    data += upper + lower if top_down else lower + upper
    assert are_near(corners(thumbnail(data, 30, 20)), UPRIGHT, 12)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(60, 40), (3000, 2000)], ids=["whole", "at an eighth"])
def test_jpegs_of_every_sampling(size: tuple[int, int], progressive: bool, subsampling: str) -> None:
    data = saved(quarters(*size), "JPEG", quality=95, subsampling=subsampling, progressive=progressive)
    assert are_near(corners(thumbnail(data, 60, 60)), UPRIGHT, 6)


ARITHMETIC = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU"
    "FRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
    "FBQUFBQUFBT/yQARCAAQABADAREAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/ANH057/axv8AYrUjuFJyMpqfF3L7"
    "SmxQ/9k="
)
"""Four quarters of 8 x 8 pixels, coded arithmetically, as Pillow can't."""


def test_an_arithmetic_jpeg_is_read_at_once() -> None:
    """Its decoder can't wait for more data, as it would have to where a scan goes on in the next 64 KiB."""
    within_scan = ARITHMETIC.index(b"\xff\xda") + 14 + 4
    length = 65536 - within_scan
    comment = struct.pack(">HH", 0xFFFE, length - 2) + bytes(length - 4)
    for data in (ARITHMETIC, ARITHMETIC[:2] + comment + ARITHMETIC[2:]):
        assert are_near(corners(thumbnail(data)), UPRIGHT, 20)


def lossless_jpeg(image: Image.Image) -> bytes:
    """A grey picture of which each pixel is stored as its difference from the one before it, or above it."""
    bits = ""
    for top in range(image.height):
        for left in range(image.width):
            before = image.getpixel((left - 1, top) if left else (0, top - 1)) if left or top else 128
            difference = int(image.getpixel((left, top))) - int(before)  # type: ignore[arg-type]
            length = abs(difference).bit_length()
            bits += f"{length:04b}"
            if length:
                bits += f"{difference if difference > 0 else difference + (1 << length) - 1:0{length}b}"
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    frame = struct.pack(">BHHBBBB", 8, image.height, image.width, 1, 1, 0x11, 0)
    table = bytes([0, 0, 0, 0, 9, *[0] * 12, *range(9)])  # nine codes of four bits, for lengths from 0 to 8
    segments = ((0xC3, frame), (0xC4, table), (0xDA, bytes([1, 1, 0, 1, 0, 0])))
    head = b"".join(struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content for marker, content in segments)
    return b"\xff\xd8" + head + coded + b"\xff\xd9"


@pytest.mark.parametrize("size", [(60, 40), (400, 20)], ids=["whole", "that could be half as large"])
def test_a_lossless_jpeg_of_8_bits(size: tuple[int, int]) -> None:
    image = ramp(*size)
    made = thumbnail(lossless_jpeg(image), size[0] // 4, size[1] // 4).convert("L")
    wanted = image.resize(made.size, Image.Resampling.LANCZOS)
    assert max(abs(a - b) for a, b in zip(made.tobytes(), wanted.tobytes(), strict=True)) <= 3


def test_a_jpeg_of_several_pictures_shows_the_first() -> None:
    data = saved(quarters(60, 40), "MPO", save_all=True, append_images=[Image.new("RGB", (60, 40))])
    made = thumbnails(data, Variant("one", 60, 60))
    assert made.content_type == "image/jpeg"
    assert are_near(corners(thumbnail(data)), UPRIGHT, 20)


def test_a_jpeg_of_several_pictures_that_was_cut_shows_what_is_left() -> None:
    data = saved(quarters(60, 40), "MPO", save_all=True, append_images=[Image.new("RGB", (60, 40))])
    scan = data.index(b"\xff\xda")
    assert thumbnails(data[: scan + 20], Variant("one", 60, 60)).width == 60


def test_a_flavour_that_no_decoder_knows_is_unsupported() -> None:
    baseline = saved(quarters(60, 40), "JPEG")
    for start_of_frame in (b"\xff\xc5\0\x11\x08", b"\xff\xf7\0\x11\x08", b"\xff\xc1\0\x11\x0c", b"\xff\xc3\0\x11\x10"):
        with pytest.raises(UnsupportedImage, match="this flavour of JPEG"):
            thumbnail(baseline.replace(b"\xff\xc0\0\x11\x08", start_of_frame, 1))
    with pytest.raises(UnsupportedImage, match="this flavour of BMP"):
        thumbnail(b"BM" + struct.pack("<12xIIiiHHI", 54, 40, 8, 8, 1, 24, 4) + bytes(400))


def test_the_smallest_bitmap_of_os2_is_shorter_than_a_header_of_windows() -> None:
    data = b"BM" + struct.pack("<IHHIIHHHH", 30, 0, 0, 26, 12, 1, 1, 1, 24) + bytes((*RED[::-1], 0))
    assert pixel(thumbnail(data), 0, 0) == RED


def test_a_bitmap_of_a_width_below_0_is_corrupt() -> None:
    with pytest.raises(CorruptImage, match="header"):
        thumbnail(b"BM" + struct.pack("<12xIiiHHI", 40, -8, 8, 1, 24, 0) + bytes(400))


def test_a_heif_film_without_a_still_picture_is_unsupported() -> None:
    film = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"hevc", 0, b"hevc", b"msf1") + struct.pack(">I4s8x", 16, b"moov")
    with pytest.raises(UnsupportedImage, match="films"):
        thumbnail(film)


def test_av1_in_a_heif_of_no_particular_brand_is_an_avif() -> None:
    data = saved(quarters(60, 40), "AVIF", quality=95)
    start = int.from_bytes(data[:4], "big")
    general = data[:start].replace(b"avif", b"mif1") + data[start:]
    assert thumbnails(general, Variant("one", 60, 60)).content_type == "image/avif"
    assert are_near(corners(thumbnail(general)), UPRIGHT, 20)


@pytest.mark.parametrize("coding", [b"avc1", b"vvc1", b"jpeg"])
def test_a_heif_that_is_coded_as_no_decoder_knows_is_unsupported(coding: bytes) -> None:
    data = saved(quarters(60, 40), "AVIF").replace(b"avif", b"mif1").replace(b"av01", coding)
    with pytest.raises(UnsupportedImage, match="this flavour of HEIF"):
        thumbnail(data)
