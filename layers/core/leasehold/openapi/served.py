"""The written files as answers: bytes as they are, named by an ETag, so that a client asks for them but once."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from leasehold.http.answers import Answer
from leasehold.http.request import Request

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _File:
    text: str
    headers: dict[str, str]


def description(request: Request) -> Answer:
    """The OpenAPI document."""
    return _served(_file("openapi.json", "application/json"), request)


def page(request: Request) -> Answer:
    """The document as a page. It has no script, loads nothing, and its policy allows neither."""
    return _served(_file("docs.html", "text/html; charset=utf-8"), request)


def _served(file: _File, request: Request) -> Answer:
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or file.headers["etag"] in known:
        return {"statusCode": 304, "headers": file.headers, "body": ""}
    return {"statusCode": 200, "headers": file.headers, "body": file.text}


@cache
def _file(name: str, content_type: str) -> _File:
    text = (_FOLDER / name).read_text("utf-8")
    headers = {
        "content-type": content_type,
        "etag": f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"',
        "cache-control": "no-cache",  # kept, and asked for again by its ETag
        "x-content-type-options": "nosniff",
    }
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL) if name.endswith(".html") else None
    if style is not None:
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        headers["content-security-policy"] = (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
        headers["referrer-policy"] = "no-referrer"
    return _File(text, headers)
