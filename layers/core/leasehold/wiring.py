"""The parts put together as a function's environment asks for: each made once for a process, when first wanted."""

from functools import cache

from leasehold.asset_desk import AssetDesk
from leasehold.asset_store import AssetStore
from leasehold.aws import client
from leasehold.dispatch import Dispatch
from leasehold.jobs import Jobs
from leasehold.listing import Listing
from leasehold.outbox import Outbox, WakeUps
from leasehold.settings import registry, setting
from leasehold.store import JobStore
from leasehold.sweeper import Sweeper
from leasehold.token_store import TokenStore


@cache
def jobs() -> Jobs:
    """The jobs service over the stack's table."""
    dynamodb, table = client("dynamodb"), setting("JOBS_TABLE")
    return Jobs(registry(), JobStore(dynamodb, table), Dispatch(dynamodb, table), Listing(dynamodb, table))


@cache
def assets() -> AssetStore:
    """The stack's assets."""
    return AssetStore(client("dynamodb"), setting("ASSETS_TABLE"))


@cache
def tokens() -> TokenStore:
    """The stack's tokens."""
    return TokenStore(client("dynamodb"), setting("TOKENS_TABLE"))


@cache
def wake_ups() -> WakeUps:
    """The delay queue of pushed jobs."""
    return WakeUps(client("sqs"), setting("RETRY_QUEUE_URL"))


@cache
def outbox() -> Outbox:
    """What sends the follow-ups of changes."""
    return Outbox(
        client("sqs"),
        client("events"),
        assets(),
        wake_ups(),
        dead_letter_queue_url=setting("DEAD_LETTER_QUEUE_URL"),
        bus=setting("EVENT_BUS"),
    )


@cache
def sweeper() -> Sweeper:
    """The sweep over all job types."""
    table = setting("JOBS_TABLE")
    return Sweeper(registry(), Dispatch(client("dynamodb"), table), jobs(), wake_ups())


@cache
def asset_desk() -> AssetDesk:
    """What clients do with assets."""
    return AssetDesk(
        assets(),
        jobs(),
        client("s3"),
        uploads_bucket=setting("UPLOADS_BUCKET"),
        max_bytes=int(setting("THUMBNAIL_MAX_MIB")) * 1024 * 1024,
    )
