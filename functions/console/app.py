"""The console's files, served to browsers. The console itself is in `static/`, and talks to the API like any client.

    /console                      the page, always asked for anew
    /console/{version}/main.js    a file of this version, kept for good by browsers
    /console/main.js              the same file, asked for anew each time

The version is a digest of all files. Modules import each other by relative addresses, so a page that was loaded from
one version never mixes with files of the next.
"""

import base64
import gzip
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

STATIC: Final = Path(__file__).with_name("static")

CONTENT_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_TEXTS: Final = frozenset({".html", ".js", ".css", ".svg", ".txt"})
_WORTH_PACKING: Final = 1_000  # bytes; a smaller file fits into one network packet anyway

_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_ASK_ANEW: Final = "no-cache"


@dataclass(frozen=True, slots=True)
class File:
    """One file of the console, ready to be sent."""

    data: bytes
    packed: bytes | None
    content_type: str
    etag: str


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A GET or HEAD of API Gateway, payload format 2.0."""
    answer = _answer(event)
    # A print is the log: a logging library would be the largest import here.
    print(json.dumps({"service": "console", "path": event.get("rawPath"), "status": answer["statusCode"]}))
    return answer


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    method = event.get("requestContext", {}).get("http", {}).get("method", "GET")
    if method not in ("GET", "HEAD"):
        return {"statusCode": 405, "headers": {**_SECURITY, "allow": "GET, HEAD"}}
    name = (event.get("pathParameters") or {}).get("proxy") or ""
    version, _, rest = name.partition("/")
    kept_for_good = version == VERSION and rest != ""
    # The page's links are relative, and what they are relative to depends on the slash at its address' end.
    from_folder = str(event.get("rawPath", "")).endswith("/")
    status = 200
    if name == "":
        file = PAGES[from_folder]
    else:
        found = FILES.get(rest if kept_for_good else name)
        status, file = (200, found) if found else (404, _not_found(name))
    headers = {
        **_SECURITY,
        "content-type": file.content_type,
        "cache-control": _FOR_GOOD if kept_for_good and status == 200 else _ASK_ANEW,
        "etag": file.etag,
        "vary": "accept-encoding",
    }
    asked = {key.lower(): value for key, value in (event.get("headers") or {}).items()}
    if status == 200 and file.etag in asked.get("if-none-match", ""):
        return {"statusCode": 304, "headers": headers}
    data = file.data
    if file.packed is not None and "gzip" in asked.get("accept-encoding", ""):
        data = file.packed
        headers["content-encoding"] = "gzip"
    answer: dict[str, Any] = {"statusCode": status, "headers": headers}
    if method == "GET":
        answer |= {"body": base64.b64encode(data).decode(), "isBase64Encoded": True}
    return answer


def _read_all() -> dict[str, File]:
    """Every file by its path below `static/`. Only what stands here can be asked for, so no path leads elsewhere."""
    paths = sorted(path for path in STATIC.rglob("*") if path.suffix in CONTENT_TYPES)
    return {path.relative_to(STATIC).as_posix(): _file(path.suffix, path.read_bytes()) for path in paths}


def _file(suffix: str, data: bytes) -> File:
    # `mtime=0`: the same file packs to the same bytes.
    is_packed = suffix in _TEXTS and len(data) > _WORTH_PACKING
    packed = gzip.compress(data, mtime=0) if is_packed else None
    return File(data, packed, CONTENT_TYPES[suffix], f'"{hashlib.sha256(data).hexdigest()[:20]}"')


def _version(files: dict[str, File]) -> str:
    names = "\n".join(f"{name} {file.etag}" for name, file in files.items())
    return "v-" + hashlib.sha256(names.encode()).hexdigest()[:12]


def _page(folder: str) -> File:
    files = f"{folder}{VERSION}/"
    # All modules at once: found by each other's imports, they would come one generation after the other.
    modules = [f'<link rel="modulepreload" href="{files}{name}">' for name in FILES if name.endswith(".js")]
    text = FILES["index.html"].data.decode().replace("{{modules}}", "\n    ".join(modules)).replace("{{files}}", files)
    return _file(".html", text.encode())


def _not_found(name: str) -> File:
    way_back = "../" * (name.count("/") + 1) + "console"
    return _file(".html", FILES["not_found.html"].data.replace(b"{{console}}", way_back.encode()))


def _security_headers() -> dict[str, str]:
    # Pictures come from S3 and uploads go to it, by signed addresses: AWS's own, or those of what stands in for it.
    s3 = " ".join(
        filter(None, ["https://*.amazonaws.com https://*.amazonaws.com.cn", os.environ.get("AWS_ENDPOINT_URL")])
    )
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        f"img-src 'self' data: blob: {s3}; connect-src 'self' {s3}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        # No text may become markup or code, whoever writes the next line of script.
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }


_SECURITY: Final = _security_headers()
FILES: Final = _read_all()
VERSION: Final = _version(FILES)
# By whether the page's address ends with a slash.
PAGES: Final = {False: _page("console/"), True: _page("")}
