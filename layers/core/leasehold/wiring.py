"""The parts put together as a function's environment asks for: each made once for a process, when first wanted.

Each imports what it is made of when it is made, so that a function's start pays for its own parts alone.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from leasehold.aws import client, dynamodb
from leasehold.settings import registry, setting

if TYPE_CHECKING:
    from leasehold.asset_desk import AssetDesk
    from leasehold.asset_store import AssetStore
    from leasehold.jobs import Jobs
    from leasehold.outbox import Outbox, WakeUps
    from leasehold.overview import Overview
    from leasehold.sweeper import Sweeper
    from leasehold.token_store import TokenStore


def made_at_start(*parts: Callable[[], object], with_credentials: Sequence[Callable[[], object]] = ()) -> None:
    """Make these parts while the function starts: Lambda lends it a whole processor then, and a share of one later.

    Those whose making asks for credentials are left for later where a snapshot is taken of the start: what is in it is
    in every copy. Outside Lambda nothing is made before it is wanted.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return
    is_for_snapshot = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
    for part in parts if is_for_snapshot else (*parts, *with_credentials):
        part()


@cache
def jobs() -> "Jobs":
    """The jobs service over the stack's table."""
    from leasehold.dispatch import Dispatch
    from leasehold.jobs import Jobs
    from leasehold.store import JobStore

    table = setting("JOBS_TABLE")
    return Jobs(registry(), JobStore(dynamodb(), table), Dispatch(dynamodb(), table))


@cache
def overview() -> "Overview":
    """The looks over all jobs."""
    from leasehold.counts import Counts
    from leasehold.listing import Listing
    from leasehold.overview import Overview

    table = setting("JOBS_TABLE")
    return Overview(registry(), Listing(dynamodb(), table), Counts(dynamodb(), table))


@cache
def assets() -> "AssetStore":
    """The stack's assets."""
    from leasehold.asset_store import AssetStore

    return AssetStore(dynamodb(), setting("ASSETS_TABLE"))


@cache
def tokens() -> "TokenStore":
    """The stack's tokens."""
    from leasehold.token_store import TokenStore

    return TokenStore(dynamodb(), setting("TOKENS_TABLE"))


@cache
def wake_ups() -> "WakeUps":
    """The delay queue of pushed jobs."""
    from leasehold.outbox import WakeUps
    from leasehold.queue import Queue

    return WakeUps(Queue(client("sqs"), setting("RETRY_QUEUE_URL")))


@cache
def outbox() -> "Outbox":
    """What sends the follow-ups of changes."""
    from leasehold.outbox import Outbox
    from leasehold.queue import Queue

    dead_letters = Queue(client("sqs"), setting("DEAD_LETTER_QUEUE_URL"))
    return Outbox(client("events"), assets(), wake_ups(), dead_letters, bus=setting("EVENT_BUS"))


@cache
def sweeper() -> "Sweeper":
    """The sweep over all job types."""
    from leasehold.dispatch import Dispatch
    from leasehold.sweeper import Sweeper

    return Sweeper(registry(), Dispatch(dynamodb(), setting("JOBS_TABLE")), jobs(), wake_ups())


@cache
def asset_desk() -> "AssetDesk":
    """What clients do with assets."""
    from leasehold.asset_desk import AssetDesk

    return AssetDesk(
        assets(),
        jobs(),
        client("s3"),
        uploads_bucket=setting("UPLOADS_BUCKET"),
        max_bytes=int(setting("THUMBNAIL_MAX_MIB")) * 1024 * 1024,
    )
