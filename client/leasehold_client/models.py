"""What the API answers, typed. Times are aware datetimes in UTC as the server's clock has them.

Each record keeps the answer it was read from in `raw`. Fields that a newer server adds are ignored but stay there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

Json = Mapping[str, Any]
Status = Literal["queued", "leased", "succeeded", "dlq", "cancelled"]
Priority = Literal["high", "normal", "low"]
Role = Literal["viewer", "producer", "worker", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why an attempt failed."""

    code: str | None
    message: str
    at: datetime | None

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(code=json.get("code"), message=json["message"], at=_time(json.get("at")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of a job's history: what happened (`queued`, `leased`, `failed`, …), when, and in which attempt."""

    at: datetime
    event: str
    attempt: int
    worker_id: str | None
    error: JobError | None

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(
            at=datetime.fromisoformat(json["at"]),
            event=json["event"],
            attempt=json["attempt"],
            worker_id=json.get("workerId"),
            error=_error(json.get("error")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job. `attempt` counts the attempts that ended in failure; `progress` is 0 to 1.

    `history` holds the last 20 changes, oldest first; in lists it is empty. `lease_token` is only known to the worker
    that has just leased the job.
    """

    job_id: str
    type: str
    payload: Mapping[str, Any]
    status: Status
    priority: Priority
    attempt: int
    max_attempts: int
    lease_number: int
    created_at: datetime
    updated_at: datetime
    next_run_at: datetime | None
    worker_id: str | None
    lease_expires_at: datetime | None
    progress: float | None
    progress_message: str | None
    result: Mapping[str, Any] | None
    last_error: JobError | None
    history: tuple[Change, ...]
    lease_token: str | None = field(repr=False)
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @property
    def lease_seconds(self) -> float | None:
        """How long the lease was for when the job was last leased or heartbeat; None where it is not leased.

        It is the difference of two times of the server, so it holds on a machine whose clock is wrong.
        """
        if self.lease_expires_at is None:
            return None
        return (self.lease_expires_at - self.updated_at).total_seconds()

    @property
    def is_finished(self) -> bool:
        """Whether it has come to an end, good or bad."""
        return self.status in ("succeeded", "dlq", "cancelled")

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(
            job_id=json["jobId"],
            type=json["type"],
            payload=json["payload"],
            status=json["status"],
            priority=json["priority"],
            attempt=json["attempt"],
            max_attempts=json["maxAttempts"],
            lease_number=json["leaseNumber"],
            created_at=datetime.fromisoformat(json["createdAt"]),
            updated_at=datetime.fromisoformat(json["updatedAt"]),
            next_run_at=_time(json.get("nextRunAt")),
            worker_id=json.get("workerId"),
            lease_expires_at=_time(json.get("leaseExpiresAt")),
            progress=json.get("progress"),
            progress_message=json.get("progressMessage"),
            result=json.get("result"),
            last_error=_error(json.get("lastError")),
            history=tuple(Change.of(each) for each in json.get("history") or ()),
            lease_token=json.get("leaseToken"),
            raw=json,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Some jobs, newest first, and the cursor of the next page; None on the last one."""

    jobs: tuple[Job, ...]
    cursor: str | None
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(jobs=tuple(Job.of(each) for each in json["jobs"]), cursor=json.get("cursor"), raw=json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The answer to a heartbeat."""

    job_id: str
    lease_expires_at: datetime
    cancel_requested: bool

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(
            job_id=json["jobId"],
            lease_expires_at=datetime.fromisoformat(json["leaseExpiresAt"]),
            cancel_requested=json["cancelRequested"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report has made of a job. `next_run_at` and `attempt` are None after a success."""

    job_id: str
    status: Status
    next_run_at: datetime | None
    attempt: int | None

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(
            job_id=json["jobId"],
            status=json["status"],
            next_run_at=_time(json.get("nextRunAt")),
            attempt=json.get("attempt"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """One thumbnail of an asset. Sizes in pixels and bytes; `url` is signed and good for an hour or so."""

    asset_id: str
    variant: str
    key: str
    content_type: str
    width: int
    height: int
    bytes: int
    url: str | None

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(
            asset_id=json["assetId"],
            variant=json["variant"],
            key=json["key"],
            content_type=json["contentType"],
            width=json["width"],
            height=json["height"],
            bytes=json["bytes"],
            url=json.get("url"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A picture: uploaded (`source`) or made from one (`derived`). `version_number` 0: not uploaded yet."""

    asset_id: str
    kind: Literal["source", "derived"]
    source_asset_id: str | None
    bucket: str
    key: str
    version_number: int
    content_type: str | None
    bytes: int | None
    width: int | None
    height: int | None
    processed: bool
    thumbnail_asset_id: str | None
    placeholder: str | None
    thumbnails: tuple[Thumbnail, ...]
    error: JobError | None
    url: str | None
    created_at: datetime
    updated_at: datetime
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(
            asset_id=json["assetId"],
            kind=json["kind"],
            source_asset_id=json.get("sourceAssetId"),
            bucket=json["bucket"],
            key=json["key"],
            version_number=json["versionNumber"],
            content_type=json.get("contentType"),
            bytes=json.get("bytes"),
            width=json.get("width"),
            height=json.get("height"),
            processed=json["processed"],
            thumbnail_asset_id=json.get("thumbnailAssetId"),
            placeholder=json.get("placeholder"),
            thumbnails=tuple(Thumbnail.of(each) for each in json.get("thumbnails") or ()),
            error=_error(json.get("error")),
            url=json.get("url"),
            created_at=datetime.fromisoformat(json["createdAt"]),
            updated_at=datetime.fromisoformat(json["updatedAt"]),
            raw=json,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetPage:
    """Some source assets, newest first, and the cursor of the next page; None on the last one."""

    assets: tuple[Asset, ...]
    cursor: str | None
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(assets=tuple(Asset.of(each) for each in json["assets"]), cursor=json.get("cursor"), raw=json)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """A presigned POST: where a picture may be sent within 15 minutes, and the fields to send before it."""

    asset_id: str
    url: str
    fields: Mapping[str, str]

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        upload = json["upload"]
        return cls(asset_id=json["assetId"], url=upload["url"], fields=upload["fields"])


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeStats:
    """The jobs of one type by status, and for how many seconds the oldest due one has been due."""

    type: str
    counts: Mapping[str, int]
    oldest_due_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Counts by job type, at the server's time `at`."""

    types: tuple[TypeStats, ...]
    at: datetime
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(
            types=tuple(
                TypeStats(
                    type=name,
                    counts={status: count for status, count in each.items() if status != "oldestDueSeconds"},
                    oldest_due_seconds=each.get("oldestDueSeconds"),
                )
                for name, each in json["types"].items()
            ),
            at=datetime.fromisoformat(json["at"]),
            raw=json,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobType:
    """A job type as the registry has it. Times in seconds."""

    type: str
    lease_seconds: int
    max_attempts: int
    delivery: Literal["push", "pull"]
    backoff_base_seconds: float
    backoff_cap_seconds: float
    retention_days: int
    payload_schema: Mapping[str, Any] | None
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(
            type=json["type"],
            lease_seconds=json["leaseSeconds"],
            max_attempts=json["maxAttempts"],
            delivery=json["delivery"],
            backoff_base_seconds=json["backoffBaseSeconds"],
            backoff_cap_seconds=json["backoffCapSeconds"],
            retention_days=json["retentionDays"],
            payload_schema=json.get("payloadSchema"),
            raw=json,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token. `secret` is the text to send; it is only known just after creation or rotation."""

    token_id: str
    role: Role
    label: str
    types: tuple[str, ...]
    worker_ids: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    previous_secret_until: datetime | None
    secret: str | None = field(repr=False)
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, json: Json) -> Self:
        """Read from the JSON of the API."""
        return cls(
            token_id=json["tokenId"],
            role=json["role"],
            label=json["label"],
            types=tuple(json["types"]),
            worker_ids=tuple(json["workerIds"]),
            created_at=datetime.fromisoformat(json["createdAt"]),
            expires_at=_time(json.get("expiresAt")),
            previous_secret_until=_time(json.get("previousSecretUntil")),
            secret=json.get("token"),
            raw=json,
        )


def jobs_of(json: Json) -> Sequence[Job]:
    """The jobs of a lease call's answer."""
    return [Job.of(each) for each in json["jobs"]]


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _error(json: Json | None) -> JobError | None:
    return None if json is None else JobError.of(json)
