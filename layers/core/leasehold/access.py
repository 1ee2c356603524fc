"""Who may call what: four roles, and the routes that each may use."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

from leasehold.errors import Forbidden

Role = Literal["viewer", "producer", "worker", "admin"]
ROLES: Final[tuple[Role, ...]] = ("viewer", "producer", "worker", "admin")

_READERS: Final = frozenset(ROLES)
_PRODUCERS: Final = frozenset({"producer", "admin"})
_WORKERS: Final = frozenset({"worker", "admin"})
_ADMINS: Final = frozenset({"admin"})

ROLES_BY_ROUTE: Final[dict[str, frozenset[str]]] = {
    "GET /jobs/lease": _WORKERS,
    "POST /jobs/lease": _WORKERS,
    "POST /jobs/{id}/heartbeat": _WORKERS,
    "POST /jobs/{id}/succeed": _WORKERS,
    "POST /jobs/{id}/fail": _WORKERS,
    "POST /jobs/{id}/release": _WORKERS,
    "POST /jobs": _PRODUCERS,
    "POST /jobs/{id}/cancel": _PRODUCERS,
    "POST /assets": _PRODUCERS,
    "POST /assets/{id}/thumbnail": _PRODUCERS,
    "GET /jobs": _READERS,
    "GET /jobs/{id}": _READERS,
    "GET /stats": _READERS,
    "GET /types": _READERS,
    "GET /assets": _READERS,
    "GET /assets/{id}": _READERS,
    "GET /assets/{id}/thumbnail": _READERS,
    "POST /jobs/{id}/redrive": _ADMINS,
    "POST /jobs/redrive": _ADMINS,
    "POST /tokens": _ADMINS,
    "GET /tokens": _ADMINS,
    "POST /tokens/{id}/rotate": _ADMINS,
    "DELETE /tokens/{id}": _ADMINS,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: the token's id, its role, and what it is limited to (empty: no limit)."""

    token_id: str
    role: str
    types: tuple[str, ...] = ()
    worker_ids: tuple[str, ...] = ()

    def may_call(self, route: str) -> bool:
        """Whether the role allows the route, such as `POST /jobs`."""
        return self.role in ROLES_BY_ROUTE.get(route, _ADMINS)

    def check_type(self, job_type: str) -> None:
        """Raise Forbidden where the token is limited to other job types."""
        if self.types and job_type not in self.types:
            raise Forbidden(f"this token is limited to the job types {', '.join(self.types)}")

    def check_unlimited(self) -> None:
        """Raise Forbidden where the token is limited at all: with tokens it could make itself one that is not."""
        if self.types or self.worker_ids:
            raise Forbidden("this token is limited to job types or worker ids; only an unlimited one manages tokens")

    def check_worker(self, worker_id: str) -> None:
        """Raise Forbidden where the token is limited to other worker ids."""
        if self.worker_ids and not any(fnmatchcase(worker_id, pattern) for pattern in self.worker_ids):
            raise Forbidden(f"this token is limited to worker ids like {', '.join(self.worker_ids)}")
