"""Every test in this folder runs against the embedded stack."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.stack.deployment import Deployment


@pytest.fixture(scope="session")
def deployment(stack: dict[str, Any]) -> Iterator[Deployment]:
    """The embedded stack, started once for the whole run."""
    deployed = Deployment(stack)
    yield deployed
    deployed.close()
