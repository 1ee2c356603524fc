"""What can be wrong with a picture, in three codes.

    PictureError
    ├── UnsupportedImage   unsupported_image   not a picture, or of a kind that is not read
    ├── CorruptImage       corrupt_image       a picture whose bytes are broken
    └── ImageTooLarge      image_too_large     over one of the limits

None of them gets better by trying again. The message is written for the person who uploaded the picture.
"""


class PictureError(Exception):
    """A picture that can't get its thumbnails; `code` says why to programs, `message` to people."""

    code = "corrupt_image"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnsupportedImage(PictureError):
    code = "unsupported_image"


class CorruptImage(PictureError):
    code = "corrupt_image"


class ImageTooLarge(PictureError):
    code = "image_too_large"
