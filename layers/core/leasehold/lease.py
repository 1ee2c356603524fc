"""A lease: the right to run a job for a time, and the token that proves it.

The token carries what a report has to know of the job (its attempt, its limits, its type). The store accepts a token
only when it equals the stored one to the letter, so what it carries is true, and a report needs no read.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

Secret = Callable[[], str]

_TOKEN = re.compile(
    r"(?P<number>\d{1,9})~(?P<attempt>\d{1,3})~(?P<max_attempts>\d{1,3})~(?P<sequence>\d{1,9})"
    r"~(?P<seconds>\d{1,5})~(?P<type>[a-z0-9._-]{1,64})~(?P<secret>[A-Za-z0-9_-]{16,64})",
    re.ASCII,
)


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
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        return cls(
            number=int(found["number"]),
            attempt=int(found["attempt"]),
            max_attempts=int(found["max_attempts"]),
            sequence=int(found["sequence"]),
            seconds=int(found["seconds"]),
            type=found["type"],
            secret=found["secret"],
        )
