"""A job while its handler runs: what the handler may ask it, and what the worker tells it."""

import math
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from leasehold_client.models import Job

_LONGEST_MESSAGE: Final = 2_000


class StopWork(Exception):
    """There is no use in going on with this job: let it through, and it ends without a report."""


class Cancelled(StopWork):
    """The job was cancelled."""


class LeaseLost(StopWork):
    """The lease is no longer this worker's: another may be at the job already."""


class RunningJob:
    """What a handler gets. Safe to use from any thread.

    Nothing here waits for the network: `progress` leaves the news for the next heartbeat, which it hastens.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self._hasten: Callable[[], object] = lambda: None
        self._lock = threading.Lock()
        self._progress: float | None = None
        self._message: str | None = None
        self._stop: StopWork | None = None
        self._stopping = False

    def __repr__(self) -> str:
        return f"<RunningJob {self.id} {self.type}>"

    @property
    def id(self) -> str:
        """The job's id: the same in each attempt, so a good key for work that must not be done twice."""
        return self.job.job_id

    @property
    def type(self) -> str:
        """The job's type."""
        return self.job.type

    @property
    def payload(self) -> Mapping[str, Any]:
        """What the producer gave."""
        return self.job.payload

    @property
    def attempt(self) -> int:
        """How many attempts have failed before this one: 0 in the first."""
        return self.job.attempt

    @property
    def is_last_attempt(self) -> bool:
        """Whether a failure now sends the job to the dead letters."""
        return self.job.attempt + 1 >= self.job.max_attempts

    @property
    def lease_number(self) -> int:
        """The fence: it only grows over a job's life. A store that remembers the highest can refuse a stale worker."""
        return self.job.lease_number

    @property
    def created_at(self) -> datetime:
        """When the job was created, by the server's clock."""
        return self.job.created_at

    @property
    def cancelled(self) -> bool:
        """Whether somebody has cancelled the job, as the last heartbeat learnt."""
        return isinstance(self._stop, Cancelled)

    @property
    def lease_lost(self) -> bool:
        """Whether the lease is no longer this worker's, as the last heartbeat learnt."""
        return isinstance(self._stop, LeaseLost)

    @property
    def stopping(self) -> bool:
        """Whether the worker has been asked to stop: a long handler may now raise `Release` at a good point."""
        return self._stopping

    def check(self) -> None:
        """Raise Cancelled or LeaseLost where there is no use in going on."""
        if self._stop is not None:
            raise self._stop

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Tell how far the work is, 0 to 1, and what it is at; then `check`.

        Numbers a little outside are taken as 0 or 1. Raises ValueError where it is no number.
        """
        if math.isnan(fraction):
            raise ValueError("progress must be a number from 0 to 1, not nan")
        self.check()
        with self._lock:
            self._progress = min(max(float(fraction), 0.0), 1.0)
            if message is not None:
                self._message = message.encode("utf-8", "replace").decode()[:_LONGEST_MESSAGE]
        self._hasten()

    @property
    def stop_reason(self) -> StopWork | None:
        """What `check` would raise."""
        return self._stop

    # -- for the worker -----------------------------------------------------------------------------------------

    def on_news(self, hasten: Callable[[], object]) -> None:
        """Call this, from the handler's thread, each time there is progress to tell."""
        self._hasten = hasten

    def news(self) -> tuple[float | None, str | None]:
        """What `progress` was told last."""
        with self._lock:
            return self._progress, self._message

    def stop(self, why: StopWork) -> None:
        """Make `check` raise this from now on; the first reason stays."""
        self._stop = self._stop or why

    def announce_stop(self) -> None:
        """Let the handler see that the worker is asked to stop."""
        self._stopping = True
