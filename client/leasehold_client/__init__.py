"""Leasehold from Python: a client of its HTTP API, and workers that lease jobs from it.

    from leasehold_client import Client, Worker

The names load on first use, so that `leasehold --help` waits neither for the HTTP library nor for asyncio.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from leasehold_client.async_client import AsyncClient
    from leasehold_client.client import Client
    from leasehold_client.errors import (
        ApiError,
        BadAnswer,
        Busy,
        Conflict,
        Invalid,
        LeaseConflict,
        LeaseholdError,
        NotAllowed,
        NotConfigured,
        NotFound,
        ServerError,
        Unreachable,
        UploadRefused,
    )
    from leasehold_client.exchange import Patience
    from leasehold_client.models import Asset, AssetPage, Change, Job, JobPage, JobType, Stats, Thumbnail, Token
    from leasehold_client.worker import AsyncWorker, Worker
    from leasehold_client.worker.logs import JsonFormatter
    from leasehold_client.worker.outcome import Reject, Release, Retry
    from leasehold_client.worker.running import Cancelled, LeaseLost, RunningJob, StopWork

_HOMES: Final = {
    "async_client": ("AsyncClient",),
    "client": ("Client",),
    "errors": (
        "ApiError",
        "BadAnswer",
        "Busy",
        "Conflict",
        "Invalid",
        "LeaseConflict",
        "LeaseholdError",
        "NotAllowed",
        "NotConfigured",
        "NotFound",
        "ServerError",
        "Unreachable",
        "UploadRefused",
    ),
    "exchange": ("Patience",),
    "models": ("Asset", "AssetPage", "Change", "Job", "JobPage", "JobType", "Stats", "Thumbnail", "Token"),
    "worker": ("AsyncWorker", "Worker"),
    "worker.logs": ("JsonFormatter",),
    "worker.outcome": ("Reject", "Release", "Retry"),
    "worker.running": ("Cancelled", "LeaseLost", "RunningJob", "StopWork"),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ApiError",
    "Asset",
    "AssetPage",
    "AsyncClient",
    "AsyncWorker",
    "BadAnswer",
    "Busy",
    "Cancelled",
    "Change",
    "Client",
    "Conflict",
    "Invalid",
    "Job",
    "JobPage",
    "JobType",
    "JsonFormatter",
    "LeaseConflict",
    "LeaseLost",
    "LeaseholdError",
    "NotAllowed",
    "NotConfigured",
    "NotFound",
    "Patience",
    "Reject",
    "Release",
    "Retry",
    "RunningJob",
    "ServerError",
    "Stats",
    "StopWork",
    "Thumbnail",
    "Token",
    "Unreachable",
    "UploadRefused",
    "Worker",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"leasehold_client has no {name!r}")
    return getattr(import_module(f"leasehold_client.{home}"), name)
