"""Where the embedded stack lives and how it is reached."""

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
STACK_NAME = "leasehold"
# MiniStack takes these for the account's root; the functions have roles of their own.
ACCESS_KEY = "test"
SECRET_KEY = "test"


class Trouble(Exception):
    """Something the user can mend; the message says what and how."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One embedded stack: its port, and the folder that keeps everything of it."""

    port: int
    folder: Path
    parameters: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls) -> Self:
        """LEASEHOLD_PORT (4566), LEASEHOLD_FOLDER (.local) and LEASEHOLD_PARAMETERS (Name=value, one a line)."""
        text = os.environ.get("LEASEHOLD_PORT", "4566")
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise Trouble(f"LEASEHOLD_PORT is {text!r}; it must be a port number from 1 to 65535")
        folder = Path(os.environ.get("LEASEHOLD_FOLDER", ROOT / ".local")).resolve()
        parameters = os.environ.get("LEASEHOLD_PARAMETERS", "").splitlines()
        return cls(int(text), folder, tuple(line for line in parameters if line.strip()))

    @property
    def endpoint(self) -> str:
        """The address of every AWS service of the stack."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def description(self) -> Path:
        """The file that tells others of the stack."""
        return self.folder / "stack.json"

    @property
    def log(self) -> Path:
        """What the server and the functions print."""
        return self.folder / "ministack.log"

    @property
    def build(self) -> Path:
        """What `sam build` makes."""
        return self.folder / "build"

    def environment(self) -> dict[str, str]:
        """The environment of the tools that talk to the stack: nothing of the user's AWS set-up gets in."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
        ca_bundle = os.environ.get("AWS_CA_BUNDLE")
        return ours | {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_TELEMETRY": "0",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            **({"AWS_CA_BUNDLE": ca_bundle} if ca_bundle else {}),
        }


def target() -> tuple[str, str]:
    """The Python version and CPU of this machine, as the template's parameters name them."""
    machine = platform.machine().lower()
    architecture = "arm64" if machine in ("arm64", "aarch64") else "x86_64"
    return f"{sys.version_info.major}.{sys.version_info.minor}", architecture
