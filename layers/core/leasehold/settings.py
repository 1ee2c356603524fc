"""What a function is told by its environment, named once."""

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leasehold.registry import Registry


def setting(name: str) -> str:
    """An environment variable that the template sets. Raises KeyError where it is missing."""
    return os.environ[name]


@cache
def registry() -> "Registry":
    """The registry of job types, with this stack's overrides."""
    from leasehold.registry import load  # not at a function's start, where the function knows no job types

    return load(os.environ.get("JOB_TYPE_OVERRIDES", "{}"))
