"""The inside of `contained`: a process that makes thumbnails for its owner until its owner is gone.

Run as `python -m leasehold_imaging.worker`; requests on standard input, replies on standard output (see
`wire`). It limits itself, before it looks at a picture: no more data than the picture's limit, no more
processor time, no file written, no core dumped.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Sequence
from contextlib import suppress

from . import wire
from .errors import PictureError
from .limits import MEBIBYTE, Limits
from .thumbnails import make_thumbnails
from .variants import Variant

READY = b"\x01"

MOST_PICTURES = 500
MOST_KEPT_MEMORY = 192 * MEBIBYTE

_PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.dup(1)
    _silence()
    _limit_for_good()
    os.write(replies, READY)
    for served in range(1, MOST_PICTURES + 1):
        lengths = requests.read(wire.LENGTHS.size)
        if len(lengths) < wire.LENGTHS.size:
            return
        head_length, body_length = wire.LENGTHS.unpack(lengths)
        variants, limits = wire.read_request(requests.read(head_length))
        for part in _reply(requests.read(body_length), variants, limits, retires=served == MOST_PICTURES):
            _write(replies, part)


def _reply(data: bytes, variants: Sequence[Variant], limits: Limits, *, retires: bool) -> tuple[bytes, bytes]:
    _limit(limits)
    try:
        picture = make_thumbnails(data, variants, limits)
        return wire.success(picture, retires=retires or _is_bloated())
    except PictureError as fault:
        return wire.failure(fault, retires=retires or _is_bloated())


def _write(target: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest) :]


def _silence() -> None:
    """Decoders written in C print what they think of a picture; it must not mix with the replies."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)


def _limit_for_good() -> None:
    for what in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (0, 0))


def _limit(limits: Limits) -> None:
    """Memory is counted from what the process has now, the picture's bytes included.

    The owner ends a worker that is out of time. The limit of processor time is for a worker whose owner is
    gone.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    cores = os.cpu_count() or 1
    seconds = int(used.ru_utime + used.ru_stime + limits.max_seconds * cores) + 2
    _set_soft(resource.RLIMIT_DATA, _data_size() + limits.max_memory)
    _set_soft(resource.RLIMIT_CPU, seconds)


def _set_soft(what: int, soft: int) -> None:
    _, hard = resource.getrlimit(what)
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _is_bloated() -> bool:
    """Whether a picture has left so much memory behind that the owner is better off with a new worker."""
    return _resident_size() > MOST_KEPT_MEMORY


def _data_size() -> int:
    return _memory_field(5)


def _resident_size() -> int:
    return _memory_field(1)


def _memory_field(position: int) -> int:
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[position]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


if __name__ == "__main__":
    main()
