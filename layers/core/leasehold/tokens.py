"""Tokens: `lh_<id>_<secret>`. Only the SHA-256 of the secret is stored, so a read of the table opens nothing.

The secret has 256 random bits; a slow password hash would protect nothing more and cost every request.
While a token is rotated, its old secret stays good for a while, so that workers can be changed one after the other.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from leasehold import times
from leasehold.access import Caller

_BEARER = re.compile(r"Bearer +lh_(?P<id>[a-z0-9]{16})_(?P<secret>[A-Za-z0-9_-]{43})", re.IGNORECASE)
SCHEMA_VERSION: Final = 1
OVERLAP_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Token:
    """A token as stored. Instants in milliseconds; `previous_digest` is valid until `previous_until`."""

    token_id: str
    role: str
    label: str
    digest: str
    created_at: int
    types: tuple[str, ...] = ()
    worker_ids: tuple[str, ...] = ()
    expires_at: int | None = None
    previous_digest: str | None = None
    previous_until: int | None = None

    @property
    def caller(self) -> Caller:
        """Who a request with this token comes from."""
        return Caller(self.token_id, self.role, self.types, self.worker_ids)

    def admits(self, secret: str, now: int) -> bool:
        """Whether the secret opens this token now. Both digests are compared always, and in constant time."""
        given = digest_of(secret)
        current = hmac.compare_digest(given, self.digest)
        previous = hmac.compare_digest(given, self.previous_digest or self.digest)
        still = self.previous_until is not None and now < self.previous_until
        return (current or (previous and still)) and (self.expires_at is None or now < self.expires_at)


def new_token_id() -> str:
    """64 random bits in hex: an id names a token and keeps no secret."""
    return secrets.token_hex(8)


def new_token_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def shown(token_id: str, secret: str) -> str:
    """The token as its owner sends it."""
    return f"lh_{token_id}_{secret}"


def parse_bearer(header: str) -> tuple[str, str] | None:
    """The token's id and secret from an Authorization header, or None where it holds no token of ours."""
    found = _BEARER.fullmatch(header.strip())
    return None if found is None else (found["id"].lower(), found["secret"])


def token_item(token: Token) -> dict[str, Any]:
    """The token as a DynamoDB item."""
    item: dict[str, Any] = {
        "schema": {"N": str(SCHEMA_VERSION)},
        "tokenId": {"S": token.token_id},
        "role": {"S": token.role},
        "label": {"S": token.label},
        "digest": {"S": token.digest},
        "createdAt": {"S": times.written(token.created_at)},
        "types": {"S": json.dumps(token.types)},
        "workerIds": {"S": json.dumps(token.worker_ids)},
    }
    if token.expires_at is not None:
        item["expiresAt"] = {"S": times.written(token.expires_at)}
        item["deleteAt"] = {"N": str(token.expires_at // times.SECOND)}
    if token.previous_digest is not None and token.previous_until is not None:
        item["previousDigest"] = {"S": token.previous_digest}
        item["previousUntil"] = {"S": times.written(token.previous_until)}
    return item


def token_of(item: Mapping[str, Any]) -> Token:
    """The token of an item."""
    return Token(
        token_id=item["tokenId"]["S"],
        role=item["role"]["S"],
        label=item["label"]["S"],
        digest=item["digest"]["S"],
        created_at=times.read(item["createdAt"]["S"]),
        types=tuple(json.loads(item["types"]["S"])),
        worker_ids=tuple(json.loads(item["workerIds"]["S"])),
        expires_at=times.read(item["expiresAt"]["S"]) if "expiresAt" in item else None,
        previous_digest=item["previousDigest"]["S"] if "previousDigest" in item else None,
        previous_until=times.read(item["previousUntil"]["S"]) if "previousUntil" in item else None,
    )
