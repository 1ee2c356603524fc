"""The API from asyncio: the same methods as `Client`, awaited."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from leasehold_client import calls, uploads
from leasehold_client.calls import Call
from leasehold_client.connection import Connection
from leasehold_client.exchange import Done, Exchange, Lost, Patience, Reply
from leasehold_client.models import (
    Asset,
    AssetPage,
    Heartbeat,
    Job,
    JobPage,
    JobType,
    Json,
    Priority,
    Reported,
    Role,
    Stats,
    Status,
    Token,
)
from leasehold_client.wire import DIRECT, lost, reply_of, request_of, tls

T = TypeVar("T")


class AsyncClient:
    """`Client` for asyncio: see there for what each method takes, returns and raises.

    async with AsyncClient() as leasehold:
        job = await leasehold.enqueue("report.render", {"month": "2030-01"})
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        patience: Patience | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connection = Connection.find(url, token)
        self._patience = patience or Patience()
        self._sleep = sleep
        # With a transport of the caller's there is no network to go around a proxy in.
        self._http = httpx.AsyncClient(verify=tls(), transport=transport, mounts=None if transport else dict(DIRECT))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Make a call of `leasehold_client.calls`, again where that is of use, and return its result."""
        exchange = Exchange(call, self._patience)
        while True:
            match exchange.heard(await self._try(call)):
                case Done(result):
                    return result
                case again:
                    await self._sleep(again.seconds)

    async def _try(self, call: Call[Any]) -> Reply | Lost:
        try:
            return reply_of(await self._http.send(request_of(call, self._connection)))
        except httpx.RequestError as fault:
            return lost(fault, self._connection)

    # -- producers ----------------------------------------------------------------------------------------------

    async def enqueue(
        self,
        job_type: str,
        payload: Json | None = None,
        *,
        run_at: datetime | None = None,
        delay_seconds: float | None = None,
        priority: Priority | None = None,
        max_attempts: int | None = None,
        lease_seconds: int | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Create a job, to run now, at `run_at` (with a time zone) or after `delay_seconds`."""
        return await self.send(
            calls.enqueue(
                job_type,
                payload,
                run_at=run_at,
                delay_seconds=delay_seconds,
                priority=priority,
                max_attempts=max_attempts,
                lease_seconds=lease_seconds,
                idempotency_key=idempotency_key,
            )
        )

    async def cancel(self, job_id: str) -> Job:
        """Cancel a job that is queued or leased."""
        return await self.send(calls.cancel(job_id))

    # -- readers ------------------------------------------------------------------------------------------------

    async def job(self, job_id: str) -> Job:
        """One job, with its history."""
        return await self.send(calls.job(job_id))

    async def jobs(
        self,
        *,
        status: Status | None = None,
        job_type: str | None = None,
        code: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> JobPage:
        """A page of 1 to 100 jobs (25), newest first."""
        return await self.send(calls.jobs(status=status, job_type=job_type, code=code, limit=limit, cursor=cursor))

    async def every_job(
        self, *, status: Status | None = None, job_type: str | None = None, code: str | None = None
    ) -> AsyncIterator[Job]:
        """All jobs, newest first, asked for page by page as they are used."""
        cursor: str | None = None
        while True:
            page = await self.jobs(status=status, job_type=job_type, code=code, limit=100, cursor=cursor)
            for job in page.jobs:
                yield job
            cursor = page.cursor
            if cursor is None:
                return

    async def stats(self) -> Stats:
        """How many jobs are in each status, by type."""
        return await self.send(calls.stats())

    async def types(self) -> Sequence[JobType]:
        """The registry of job types."""
        return await self.send(calls.types())

    async def health(self) -> Json:
        """`{"status"."""
        return await self.send(calls.health())

    async def openapi(self) -> Json:
        """The API's description in OpenAPI."""
        return await self.send(calls.openapi())

    # -- workers ------------------------------------------------------------------------------------------------

    async def lease(
        self,
        types: Sequence[str],
        *,
        worker_id: str,
        max_jobs: int = 1,
        lease_seconds: int | None = None,
        wait_seconds: float = 0,
    ) -> Sequence[Job]:
        """Lease up to `max_jobs` (10) due jobs of these types, waiting for the first for up to 20 seconds."""
        return await self.send(
            calls.lease(
                types, worker_id=worker_id, max_jobs=max_jobs, lease_seconds=lease_seconds, wait_seconds=wait_seconds
            )
        )

    async def heartbeat(
        self,
        job_id: str,
        *,
        worker_id: str,
        lease_token: str | None = None,
        lease_seconds: int | None = None,
        progress: float | None = None,
        message: str | None = None,
    ) -> Heartbeat:
        """Hold a lease for its duration, or `lease_seconds`, from now on."""
        return await self.send(
            calls.heartbeat(
                job_id,
                worker_id=worker_id,
                lease_token=lease_token,
                lease_seconds=lease_seconds,
                progress=progress,
                message=message,
            )
        )

    async def succeed(
        self, job_id: str, result: Json | None = None, *, worker_id: str, lease_token: str | None = None
    ) -> Reported:
        """Finish a job with its result, at most 64 KiB of JSON."""
        return await self.send(calls.succeed(job_id, result or {}, worker_id=worker_id, lease_token=lease_token))

    async def fail(
        self,
        job_id: str,
        message: str,
        *,
        worker_id: str,
        lease_token: str | None = None,
        code: str | None = None,
        retryable: bool = True,
        retry_after_seconds: float | None = None,
    ) -> Reported:
        """End an attempt as failed."""
        return await self.send(
            calls.fail(
                job_id,
                message,
                worker_id=worker_id,
                lease_token=lease_token,
                code=code,
                retryable=retryable,
                retry_after_seconds=retry_after_seconds,
            )
        )

    async def release(
        self, job_id: str, *, worker_id: str, lease_token: str | None = None, delay_seconds: float | None = None
    ) -> Reported:
        """Give a job back unworked."""
        return await self.send(
            calls.release(job_id, worker_id=worker_id, lease_token=lease_token, delay_seconds=delay_seconds)
        )

    # -- pictures -----------------------------------------------------------------------------------------------

    async def upload(
        self, path: Path | str, *, content_type: str | None = None, progress: uploads.Progress | None = None
    ) -> str:
        """Upload a picture and return the id of its asset."""
        path = Path(path)
        name = uploads.file_name_of(path)
        with path.open("rb") as file:
            form = await self.send(calls.create_asset(name, content_type or uploads.content_type_of(path)))
            uploads.check_size(form, path.stat().st_size)
            counted = uploads.CountedFile(file, progress or (lambda _sent: None))
            try:
                response = await self._http.send(uploads.upload_request(form, counted, name))
            except httpx.RequestError as fault:
                raise uploads.upload_lost(fault) from fault
        uploads.check_upload(response)
        return form.asset_id

    async def asset(self, asset_id: str) -> Asset:
        """One asset, with signed addresses of the original and its thumbnails."""
        return await self.send(calls.asset(asset_id))

    async def assets(self, *, limit: int | None = None, cursor: str | None = None) -> AssetPage:
        """A page of uploaded pictures, newest first."""
        return await self.send(calls.assets(limit=limit, cursor=cursor))

    async def thumbnail_url(self, asset_id: str, variant: str | None = None) -> str:
        """The signed address of one thumbnail, of the first variant where none is named."""
        return await self.send(calls.thumbnail_url(asset_id, variant))

    async def make_thumbnail(self, asset_id: str) -> Job:
        """Make the thumbnails of an asset again."""
        return await self.send(calls.make_thumbnail(asset_id))

    # -- admins -------------------------------------------------------------------------------------------------

    async def redrive(self, job_id: str, *, max_attempts: int | None = None) -> Job:
        """Queue a dead job anew, with attempt 0."""
        return await self.send(calls.redrive(job_id, max_attempts=max_attempts))

    async def redrive_many(
        self, *, job_type: str | None = None, code: str | None = None, limit: int | None = None
    ) -> int:
        """Queue dead jobs of that type and with that error code anew, oldest first."""
        return await self.send(calls.redrive_many(job_type=job_type, code=code, limit=limit))

    async def create_token(
        self,
        role: Role,
        label: str,
        *,
        types: Sequence[str] = (),
        worker_ids: Sequence[str] = (),
        expires_in_days: float | None = None,
    ) -> Token:
        """Make a token."""
        return await self.send(
            calls.create_token(role, label, types=types, worker_ids=worker_ids, expires_in_days=expires_in_days)
        )

    async def tokens(self) -> Sequence[Token]:
        """All tokens, without their secrets."""
        return await self.send(calls.tokens())

    async def rotate_token(self, token_id: str) -> Token:
        """Give a token a new `secret`."""
        return await self.send(calls.rotate_token(token_id))

    async def revoke_token(self, token_id: str) -> None:
        """Delete a token."""
        await self.send(calls.revoke_token(token_id))
