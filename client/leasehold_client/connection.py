"""Where the API is and by which token: given, from the environment, or from the stack of the project one stands in."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from leasehold_client.errors import NotConfigured
from leasehold_client.models import Role

_HOW: Final = "give --url and --token, set LEASEHOLD_URL and LEASEHOLD_TOKEN, or run `make up` in the project's folder"
_DESCRIPTION: Final = Path(".local", "stack.json")


@dataclass(frozen=True, slots=True)
class Connection:
    """An address without its last slash, and a token; both checked for what can't be right."""

    url: str
    token: str = field(repr=False)
    console_url: str = ""

    @classmethod
    def of(cls, url: str, token: str, console_url: str | None = None) -> Self:
        """Raises NotConfigured where one of them can't be right."""
        url = url.strip().rstrip("/")
        try:
            parts = urlsplit(url)
        except ValueError as fault:
            raise NotConfigured(f"the address {url!r} is malformed: {fault}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotConfigured(f"the address {url!r} must begin with http:// or https://")
        token = token.strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise NotConfigured(
                "the token is empty or holds characters that no token has; copy it again, it is shown once"
            )
        return cls(url, token, console_url or f"{url}/console")

    @classmethod
    def find(
        cls,
        url: str | None = None,
        token: str | None = None,
        *,
        role: Role = "admin",
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Self:
        """The connection that was given, or else that of the environment, or else that of `.local/stack.json`.

        Each of the two is looked for by itself, but a token from the file is only used with the address of the file:
        it must not be sent to a stranger. `role` says which token of the file to take.
        Raises NotConfigured, saying where was looked.
        """
        environment = os.environ if environment is None else environment
        url = url or environment.get("LEASEHOLD_URL")
        token = token or environment.get("LEASEHOLD_TOKEN")
        if url and token:
            return cls.of(url, token)
        path = _description_above(Path.cwd() if folder is None else folder)
        if path is None:
            missing = " and no ".join([name for name, value in (("address", url), ("token", token)) if not value])
            raise NotConfigured(f"no {missing} is known: {_HOW}")
        stack = _read(path)
        if url and url.strip().rstrip("/") != stack["apiUrl"].rstrip("/"):
            raise NotConfigured(f"no token for {url} is known (the one in {path} is for another address): {_HOW}")
        return cls.of(stack["apiUrl"], token or stack["tokens"][role], stack.get("consoleUrl"))


def _description_above(folder: Path) -> Path | None:
    folder = folder.resolve()
    for each in (folder, *folder.parents):
        if (each / _DESCRIPTION).is_file():
            return each / _DESCRIPTION
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        stack: dict[str, Any] = json.loads(path.read_text("utf-8"))
        stack["apiUrl"].rstrip("/")
        stack["tokens"]["admin"], stack["tokens"]["worker"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as fault:
        raise NotConfigured(f"{path} can't be read as a stack's description ({fault}); run `make up` again") from None
    return stack
