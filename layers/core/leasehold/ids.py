"""Names of things: random ones for new things, derived ones where the same input must give the same name."""

import base64
import hashlib
import re
import secrets

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def new_id(prefix: str) -> str:
    """`prefix_` and 128 random bits in base 32."""
    return f"{prefix}_{_base32(secrets.token_bytes(16))}"


def derived_id(prefix: str, *parts: str) -> str:
    """`prefix_` and a digest of the parts: the same parts always give the same id."""
    # Each part is preceded by its length, so ("ab", "c") and ("a", "bc") differ.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return f"{prefix}_{_base32(hashlib.sha256(text.encode('utf-8', 'surrogatepass')).digest()[:16])}"


def is_id(text: str) -> bool:
    """Whether `text` can be an id at all; anything else needs no look-up."""
    return _ID.fullmatch(text) is not None


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
