"""The id that a worker goes by: readable in the console, and never the same twice."""

import os
import re
import secrets
import socket
from typing import Final

_LEGAL: Final = re.compile(r"[A-Za-z0-9._:-]{5,128}")
_LONGEST_HOST: Final = 80


def new_worker_id() -> str:
    """`host:pid:random`. A restarted worker gets another one, so what its last life held is seen to be orphaned."""
    host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:_LONGEST_HOST] or "worker"
    return f"{host}:{os.getpid()}:{secrets.token_hex(4)}"


def checked_worker_id(worker_id: str) -> str:
    """The id, or ValueError where the API would refuse it."""
    if not _LEGAL.fullmatch(worker_id):
        raise ValueError(f"worker id {worker_id!r}: it must be 5 to 128 of A-Z a-z 0-9 . _ : -")
    return worker_id
