"""The thumbnail pipeline: an upload becomes a job leased to its finder, its thumbnails, and a report.

Every step can be done twice without harm, and the job's lease says who does it:

    S3 event ──▶ record the write on the asset ──▶ claim the job ──┐
    wake-up  ──▶ lease the job ────────────────────────────────────┴─▶ make, write, record, mark ──▶ report

Whoever dies in between leaves a lease that runs out; the sweeper fails it, and the job comes again by the delay queue.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from leasehold.access import Caller
from leasehold.asset import Asset, Facts, StoredThumbnail, Upload
from leasehold.asset_store import AssetStore
from leasehold.errors import LeaseConflict, LeaseholdError
from leasehold.ids import derived_id, is_id
from leasehold.job import Failure, Job
from leasehold.jobs import Jobs, Reporter
from leasehold.order import Order
from leasehold.outbox import THUMBNAIL_JOB
from leasehold.times import Clock, wall_clock
from leasehold.views import job_view

UPLOADS: Final = "uploads/"
_OURSELVES: Final = Caller("thumbnail-function", "worker")
_FOREVER: Final = "public, max-age=31536000, immutable"


class MadeThumbnail(Protocol):
    """One encoded thumbnail, as the imaging layer returns it."""

    @property
    def variant(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def extension(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def data(self) -> bytes: ...


class MadePicture(Protocol):
    """What the imaging layer returns for one source picture."""

    @property
    def content_type(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def placeholder(self) -> str: ...
    @property
    def thumbnails(self) -> tuple[MadeThumbnail, ...]: ...


class Unworkable(Exception):
    """A picture that can never get a thumbnail: trying again is of no use."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Superseded(Exception):
    """A newer write of the picture has come in; its own job makes the thumbnails."""


# Bytes to thumbnails; raises Unworkable.
Make = Callable[[bytes], MadePicture]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call of the pipeline, for the log."""

    outcome: str
    job_id: str | None = None
    asset_id: str | None = None
    code: str | None = None


class Pipeline:
    """`s3` is a botocore S3 client; `max_bytes` is the largest source that is read at all.

    `worker_id` makes a name for each lease: nothing random may be kept from a function's start, which SnapStart copies.
    """

    def __init__(
        self,
        jobs: Jobs,
        assets: AssetStore,
        s3: Any,
        make: Make,
        *,
        derived_bucket: str,
        max_bytes: int,
        worker_id: Callable[[], str],
        clock: Clock = wall_clock,
    ) -> None:
        self._jobs = jobs
        self._assets = assets
        self._s3 = s3
        self._make = make
        self._derived_bucket = derived_bucket
        self._max_bytes = max_bytes
        self._new_worker_id = worker_id
        self._clock = clock

    def take_in(self, upload: Upload) -> Outcome:
        """Handle one S3 event: an object was written."""
        asset_id = self._asset_id_of(upload)
        asset = self._assets.record_upload(asset_id, upload, self._clock())
        if asset is None:
            return Outcome("older write ignored", asset_id=asset_id)
        payload = {"assetId": asset_id, "versionNumber": asset.version_number}
        job_id = derived_id("job", "thumbnail", asset_id, str(asset.version_number))
        job = self._jobs.claim(Order(THUMBNAIL_JOB, payload), job_id, self._new_worker_id())
        if job is None:
            return Outcome("repeated event ignored", job_id, asset_id)
        return self._settle(job, asset)

    def wake(self, job_id: str) -> Outcome:
        """Handle one wake-up: the job may be due."""
        job = self._jobs.lease_one(job_id, self._new_worker_id())
        if job is None:
            return Outcome("nothing to do", job_id)
        return self._settle(job)

    def _asset_id_of(self, upload: Upload) -> str:
        """The id of a registered asset in whose folder the key lies, or else one made of bucket and key."""
        named = upload.key.removeprefix(UPLOADS).split("/", 1)
        if len(named) == 2 and is_id(named[0]):
            registered = self._assets.get(named[0])
            if registered is not None and registered.key.startswith(f"{UPLOADS}{named[0]}/"):
                return named[0]
        return derived_id("as", upload.bucket, upload.key)

    def _settle(self, job: Job, source: Asset | None = None) -> Outcome:
        """Run a job that we hold. Where another has it meanwhile, or it was cancelled, its result isn't wanted."""
        try:
            return self._run(job, source)
        except LeaseConflict:
            return Outcome("lease lost", job.job_id, code=LeaseConflict.code)

    def _run(self, job: Job, source: Asset | None) -> Outcome:
        me = Reporter(job.job_id, job.worker_id or "", job.lease_token, _OURSELVES)
        if job.type != THUMBNAIL_JOB:
            self._jobs.fail(me, Failure(f"no function of this stack runs {job.type}", "no_handler", retryable=False))
            return Outcome("failed", job.job_id, None, "no_handler")
        payload = job_view(job)["payload"]
        asset_id, version = str(payload["assetId"]), int(payload["versionNumber"])
        try:
            new_asset_id = self._process(asset_id, version, source)
        except Unworkable as fault:
            self._jobs.fail(me, Failure(fault.message, fault.code, retryable=False))
            return Outcome("failed", job.job_id, asset_id, fault.code)
        except Superseded:
            self._jobs.succeed(me, {"newAssetId": None, "superseded": True})
            return Outcome("superseded", job.job_id, asset_id)
        except Exception as fault:
            code = fault.code if isinstance(fault, LeaseholdError) else "processing_failed"
            # The message is for people without access to our logs: it names the kind of fault, not its inside.
            self._jobs.fail(me, Failure(f"the thumbnail could not be made: {type(fault).__name__}", code))
            raise WillRetry(Outcome("failed, will be retried", job.job_id, asset_id, code)) from fault
        self._jobs.succeed(me, {"newAssetId": new_asset_id})
        return Outcome("processed", job.job_id, asset_id)

    def _process(self, asset_id: str, version: int, source: Asset | None) -> str:
        """Make, write and record every variant; the id of the first one's asset.

        `source` is the asset as its upload was just recorded, which spares a read. It may be old by now: the last write
        is refused where a newer version is known.
        """
        if source is None and is_id(asset_id):
            source = self._assets.get(asset_id)
        if source is None or source.kind != "source":
            raise Unworkable("asset_not_found", "there is no source asset of that id")
        if source.version_number < version:
            raise Unworkable(
                "source_not_found", f"the asset has no version {version}; the newest is {source.version_number}"
            )
        if source.version_number > version:
            raise Superseded
        picture = self._make(self._read(source))
        stored = tuple(self._write(source, each) for each in picture.thumbnails)
        facts = Facts(picture.content_type, picture.width, picture.height, picture.placeholder)
        if not self._assets.mark_processed(asset_id, version, facts, stored, self._clock()):
            raise Superseded
        return stored[0].asset_id

    def _read(self, source: Asset) -> bytes:
        """The bytes that are at the key now.

        They can be those of a newer write whose event has yet to come. It brings a version and a job of its own; until
        then the picture has the thumbnails of what is there, rather than none.
        """
        from botocore.exceptions import ClientError

        if source.bytes is not None:
            self._check_size(source.bytes)
        try:
            answer = self._s3.get_object(Bucket=source.bucket, Key=source.key)
        except ClientError as fault:
            status = fault.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 404:
                raise Unworkable("source_not_found", "the object was deleted before it could be read") from fault
            raise
        self._check_size(int(answer["ContentLength"]))
        body: bytes = answer["Body"].read()
        return body

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise Unworkable("image_too_large", f"the file has {size} bytes; at most {self._max_bytes} are read")

    def _write(self, source: Asset, made: MadeThumbnail) -> StoredThumbnail:
        version = source.version_number
        key = f"thumbnails/{source.asset_id}/v{version}/{made.variant}.{made.extension}"
        self._s3.put_object(
            Bucket=self._derived_bucket,
            Key=key,
            Body=made.data,
            ContentType=made.content_type,
            CacheControl=_FOREVER,
        )
        now = self._clock()
        asset_id = derived_id("as", source.asset_id, str(version), made.variant)
        self._assets.put_derived(
            Asset(
                asset_id=asset_id,
                kind="derived",
                bucket=self._derived_bucket,
                key=key,
                version_number=version,
                processed=True,
                created_at=now,
                updated_at=now,
                source_asset_id=source.asset_id,
                content_type=made.content_type,
                bytes=len(made.data),
                width=made.width,
                height=made.height,
            )
        )
        return StoredThumbnail(
            asset_id=asset_id,
            variant=made.variant,
            bucket=self._derived_bucket,
            key=key,
            content_type=made.content_type,
            width=made.width,
            height=made.height,
            bytes=len(made.data),
        )


class WillRetry(Exception):
    """The attempt failed and was reported; the job comes again. Carries the outcome, and the fault as its cause."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.outcome)
        self.outcome = outcome
