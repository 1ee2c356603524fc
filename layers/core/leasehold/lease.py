"""A lease: the right to run a job for a time, and the token that proves it.

The token carries what a report has to know of the job (its attempt, its limits, its type). The store accepts a token
only when it equals the stored one to the letter, so what it carries is true, and a report needs no read.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

Secret = Callable[[], str]

# Checked piece by piece: compiling one pattern for all would be a noticeable part of a function's start.
_DIGITS: Final = (9, 3, 3, 9, 5)
_TYPE_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
_SECRET_CHARACTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def new_secret() -> str:
    """96 random bits: enough that nobody guesses a lease before it runs out."""
    return secrets.token_urlsafe(12)


@dataclass(frozen=True, slots=True)
class Lease:
    """One lease of one job. `number` is the fencing token: it only grows over a job's life."""

    number: int
    attempt: int
    max_attempts: int
    sequence: int
    seconds: int
    type: str
    secret: str

    @property
    def token(self) -> str:
        """The lease token as the worker gets it."""
        return (
            f"{self.number}~{self.attempt}~{self.max_attempts}~{self.sequence}~{self.seconds}~{self.type}~{self.secret}"
        )

    @classmethod
    def parse(cls, token: str) -> Self | None:
        """The lease of a token, or None where the text is no lease token."""
        parts = token.split("~")
        if len(parts) != len(_DIGITS) + 2:
            return None
        *numbers, job_type, secret = parts
        if (
            not all(map(_is_number, numbers, _DIGITS))
            or not 1 <= len(job_type) <= 64
            or not _TYPE_CHARACTERS.issuperset(job_type)
            or not 16 <= len(secret) <= 64
            or not _SECRET_CHARACTERS.issuperset(secret)
        ):
            return None
        number, attempt, max_attempts, sequence, seconds = map(int, numbers)
        lease = cls(number, attempt, max_attempts, sequence, seconds, job_type, secret)
        return lease if lease.token == token else None  # 01 is not how we write 1


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= digits
