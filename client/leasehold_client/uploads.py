"""Sending a picture by the form that the API has signed: streamed, counted, and refused early where it is too large."""

import base64
import binascii
import json
import mimetypes
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

import httpx

from leasehold_client.errors import Unreachable, UploadRefused
from leasehold_client.models import UploadForm

Progress = Callable[[int], None]

# Kinds that the tables of some systems lack.
_KINDS: Final = {
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".webp": "image/webp",
}
# What the API takes in no name: control characters, bytes that are no UTF-8, and what S3 puts another name for.
_UNFIT: Final = re.compile("[\x00-\x1f\ud800-\udfff]|\\$(?={filename})")
# A picture of the largest size over a slow line: this is for each single read and write, not for the whole.
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)


def content_type_of(path: Path) -> str:
    """The kind a file's name says. Leasehold goes by the bytes; this is what browsers are told of the original."""
    return _KINDS.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def file_name_of(path: Path) -> str:
    """The name that the picture is kept under: the file's, with `_` in place of what can't stand there."""
    return _UNFIT.sub("_", path.name)


class CountedFile:
    """An open file that tells how many bytes of it have been read so far, each time some are."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        chunk = self._file.read(size)
        self._progress(self._file.tell())
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place; a second try starts at the beginning."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place in the file."""
        return self._file.tell()

    def fileno(self) -> int:
        """The file's number: its size is asked by it."""
        return self._file.fileno()


def check_size(form: UploadForm, size: int) -> None:
    """Raise UploadRefused for a size that S3 would refuse after all of it was sent.

    The limits stand in the form's signed policy. Where that can't be read, S3 decides.
    """
    for condition in _conditions(form):
        match condition:
            case ["content-length-range", int(least), int(most)]:
                if size < least:
                    raise UploadRefused("the file is empty", status=400, code="EntityTooSmall")
                if size > most:
                    raise UploadRefused(
                        f"the file has {size:,} bytes; at most {most:,} are taken", status=400, code="EntityTooLarge"
                    )
            case _:
                pass


def upload_request(form: UploadForm, file: CountedFile, name: str) -> httpx.Request:
    """The form with the file as its last field, as S3 wants it. It carries no token of ours."""
    return httpx.Request(
        "POST",
        form.url,
        data=dict(form.fields),
        files={"file": (name, file, form.fields.get("Content-Type"))},  # type: ignore[dict-item]
        extensions={"timeout": TIMEOUT.as_dict()},
    )


def check_upload(response: httpx.Response) -> None:
    """Raise UploadRefused, in S3's own words, where it did not take the picture."""
    if response.status_code < 300:
        return
    code = _element("Code", response.text) or f"http_{response.status_code}"
    message = _element("Message", response.text) or f"S3 answered {response.status_code}"
    if code in ("AccessDenied", "ExpiredToken"):
        message += "; the form is good for 15 minutes, so upload again"
    raise UploadRefused(message, status=response.status_code, code=code)


def upload_lost(fault: httpx.RequestError) -> Unreachable:
    """The error for an upload that got no answer."""
    return Unreachable(f"the upload to S3 broke off: {fault or type(fault).__name__}; try again")


def _conditions(form: UploadForm) -> list[Any]:
    policy = next((value for name, value in form.fields.items() if name.lower() == "policy"), "")
    try:
        conditions = json.loads(base64.b64decode(policy))["conditions"]
    except (binascii.Error, ValueError, LookupError, TypeError):
        return []
    return conditions if isinstance(conditions, list) else []


def _element(name: str, xml: str) -> str | None:
    found = re.search(rf"<{name}>([^<]*)</{name}>", xml)
    return None if found is None else found[1]
