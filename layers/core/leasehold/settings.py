"""What a function is told by its environment, named once."""

import os
from functools import cache

from leasehold.registry import Registry, load


def setting(name: str) -> str:
    """An environment variable that the template sets. Raises KeyError where it is missing."""
    return os.environ[name]


@cache
def registry() -> Registry:
    """The registry of job types, with this stack's overrides."""
    return load(os.environ.get("JOB_TYPE_OVERRIDES", "{}"))
