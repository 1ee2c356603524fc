"""Every picture of the corpora gets what its manifest promises it."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from leasehold_imaging import ImageTooLarge, Limits, PictureError, UnsupportedImage, Variant, make_thumbnails
from tests.imaging.corpus import Row, rows

VARIANTS = [Variant("320", 320, 320)]


@pytest.mark.parametrize("row", rows("good"))
def test_a_sound_picture_gets_what_is_expected_of_it(row: Row) -> None:
    if row.said["expect"] == "image_too_large":
        with pytest.raises(ImageTooLarge):
            make_thumbnails(row.read(), VARIANTS, Limits())
        return
    try:
        picture = make_thumbnails(row.read(), VARIANTS, Limits())
    except UnsupportedImage:
        assert row.said["expect"] == "thumbnail_or_unsupported_image"
        return
    width, height = int(row.said["width"]), int(row.said["height"])
    assert (picture.width, picture.height) == (width, height)
    (thumbnail,) = picture.thumbnails
    scale = min(1.0, 320 / width, 320 / height)
    assert thumbnail.width == max(1, int(width * scale + 0.5))
    assert thumbnail.height == max(1, int(height * scale + 0.5))
    with Image.open(BytesIO(thumbnail.data)) as image:
        assert image.size == (thumbnail.width, thumbnail.height)
        assert image.format == "WEBP"
        assert not {"exif", "icc_profile", "xmp"} & set(image.info)


@pytest.mark.parametrize("row", rows("bad"))
def test_a_bad_picture_ends_as_its_manifest_allows(row: Row) -> None:
    ending = ending_of(row.read())
    if row.said["may_pass"] == "must":
        assert ending == "thumbnail"
    else:
        assert ending in fitting_codes(row) | ({"thumbnail"} if row.said["may_pass"] == "yes" else set())


def ending_of(data: bytes) -> str:
    try:
        make_thumbnails(data, VARIANTS, Limits())
    except PictureError as fault:
        return fault.code
    return "thumbnail"


def fitting_codes(row: Row) -> set[str]:
    if row.said["class"] == "bomb":
        return {"image_too_large"} if row.path.suffix != ".ico" else {"unsupported_image"}
    if row.said["class"] in ("empty", "unsupported"):
        return {"unsupported_image"}
    return {"unsupported_image", "corrupt_image", "image_too_large"}
