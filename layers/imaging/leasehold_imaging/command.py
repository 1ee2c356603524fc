"""The command `leasehold-thumbnail`: the thumbnail function's work on local files, without any AWS.

Variants and limits come from the same environment variables as the function's. Each file gives one line of
JSON: `file, ok, width, height, sourceWidth, sourceHeight, contentType, bytes, error {code, message}`, and
with `--time` also `ms`. width, height, contentType and bytes are the thumbnail's; what does not apply is
null.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import make_thumbnails
from .contained import make_thumbnails_contained
from .errors import ImageTooLarge, PictureError, UnsupportedImage
from .limits import Limits
from .picture import Picture
from .settings import variants_and_limits_from_env
from .variants import Variant

Line = dict[str, object]

PIPE_CLOSED = 141
"""What a shell says of a program that wrote to a pipe without a reader."""

MOST_NAME = 160
"""Bytes of a thumbnail's name that are its picture's; 255 is the most that file systems take."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; 0 even where a picture is bad, 2 where the command line or a setting is.

    2 also where a thumbnail can't be written, after the lines of the files before it; 141 where nobody reads them.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        variants, limits = variants_and_limits_from_env(os.environ)
        variant = _wanted(options.variant, variants)
    except ValueError as fault:
        parser.error(str(fault))
    if options.out is not None:
        try:
            options.out.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            parser.error(f"--out: {fault.strerror}")
    names = _names(options.files)
    for file, name in zip(options.files, names, strict=True):
        out = None if options.out is None else options.out / name
        try:
            line = _line(file, variant, limits, out, options.time)
        except _UnwrittenError as fault:
            parser.error(f"--out: {fault}")
        try:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python brings out at its end
            return PIPE_CLOSED
    return 0


class _UnwrittenError(Exception):
    """A thumbnail can't be written to where it should."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leasehold-thumbnail",
        description="Make thumbnails offline, with the code and limits of the thumbnail function.",
        epilog="Settings: THUMBNAIL_VARIANTS, THUMBNAIL_MAX_MEGAPIXELS, THUMBNAIL_MAX_MIB, "
        "THUMBNAIL_MAX_SECONDS, THUMBNAIL_MAX_MEMORY_MIB.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a picture")
    parser.add_argument("--variant", metavar="NAME", help="which of the variants to make (the first)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="the folder to write the thumbnails to")
    parser.add_argument("--time", type=_repeats, metavar="N", help="make each N times more and tell the milliseconds")
    return parser


def _repeats(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _wanted(name: str | None, variants: Sequence[Variant]) -> Variant:
    if name is None:
        return variants[0]
    for variant in variants:
        if variant.name == name:
            return variant
    raise ValueError(f"there is no variant {name!r}; there are {', '.join(variant.name for variant in variants)}")


def _names(files: Sequence[str]) -> list[str]:
    """What each file's thumbnail is called: as its file, with a number where another of that name went before."""
    names: dict[str, None] = {}
    for file in files:
        short = _short(Path(file).name)
        name, nth = short, 1
        while name in names:
            nth += 1
            name = f"{short}-{nth}"
        names[name] = None
    return list(names)


def _short(name: str) -> str:
    """The name, with room left for what is added to it."""
    encoded = os.fsencode(name)
    return name if len(encoded) <= MOST_NAME else encoded[:MOST_NAME].decode(errors="ignore")


def _line(file: str, variant: Variant, limits: Limits, out: Path | None, repeats: int | None) -> Line:
    line: Line = dict.fromkeys(
        ("file", "ok", "width", "height", "sourceWidth", "sourceHeight", "contentType", "bytes", "error")
    )
    line |= {"file": file, "ok": False}
    if repeats is not None:
        line["ms"] = None
    try:
        data = _content(Path(file), limits)
        picture = make_thumbnails_contained(data, [variant], limits)
        line |= _facts(picture)
        if repeats is not None:
            line["ms"] = _durations(data, variant, limits, repeats)
    except PictureError as fault:
        line["error"] = {"code": fault.code, "message": fault.message}
    else:
        if out is not None:
            _write(picture, out)
        line["ok"] = True
    return line


def _content(file: Path, limits: Limits) -> bytes:
    try:
        if file.is_dir():
            raise UnsupportedImage("this is a folder, not a file")
        if file.exists() and not file.is_file():
            raise UnsupportedImage("this is a device or a pipe, not a file")
        limits.check_bytes(file.stat().st_size)
        return file.read_bytes()
    except FileNotFoundError:
        raise UnsupportedImage("there is no such file") from None
    except (OSError, ValueError):
        raise UnsupportedImage("the file can't be read") from None
    except MemoryError:
        raise ImageTooLarge("the file is larger than the memory") from None


def _facts(picture: Picture) -> Line:
    thumbnail = picture.thumbnails[0]
    return {
        "width": thumbnail.width,
        "height": thumbnail.height,
        "sourceWidth": picture.width,
        "sourceHeight": picture.height,
        "contentType": thumbnail.content_type,
        "bytes": len(thumbnail.data),
    }


def _durations(data: bytes, variant: Variant, limits: Limits, repeats: int) -> list[float]:
    make_thumbnails(data, [variant], limits)  # which loads the decoder
    return [_milliseconds(data, variant, limits) for _ in range(repeats)]


def _milliseconds(data: bytes, variant: Variant, limits: Limits) -> float:
    start = time.perf_counter()
    make_thumbnails(data, [variant], limits)
    return round((time.perf_counter() - start) * 1000, 3)


def _write(picture: Picture, out: Path) -> None:
    thumbnail = picture.thumbnails[0]
    try:
        out.with_name(f"{out.name}.{thumbnail.variant}.{thumbnail.extension}").write_bytes(thumbnail.data)
    except OSError as fault:
        raise _UnwrittenError(fault.strerror) from fault
