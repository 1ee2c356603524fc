"""What a producer asks for, and the job that is made of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from leasehold.errors import TooLarge, invalid_field
from leasehold.job import Change, Job, Priority
from leasehold.lease import Lease
from leasehold.registry import JobType
from leasehold.times import SECOND

LARGEST_JSON: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Order:
    """A job as a producer asks for it. Instants in milliseconds; None takes the type's setting."""

    type: str
    payload: Mapping[str, Any]
    run_at: int | None = None
    delay_seconds: float | None = None
    priority: Priority = "normal"
    max_attempts: int | None = None
    lease_seconds: int | None = None

    def digest(self) -> str:
        """What was asked for, in 64 characters. The same body in another order of keys is the same request."""
        asked = [
            self.type,
            self.payload,
            self.run_at,
            self.delay_seconds,
            self.priority,
            self.max_attempts,
            self.lease_seconds,
        ]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def new_job(
    rules: JobType,
    job_id: str,
    payload: str,
    now: int,
    order: Order,
    first: Change,
    *,
    next_run_at: int | None = None,
    lease: Lease | None = None,
    worker_id: str | None = None,
) -> Job:
    """The job that an order makes, queued for `next_run_at` or leased already; `payload` is its JSON text."""
    seconds = order.lease_seconds or rules.lease_seconds
    return Job(
        job_id=job_id,
        type=rules.name,
        payload=payload,
        status="queued" if lease is None else "leased",
        priority=order.priority,
        attempt=0,
        max_attempts=order.max_attempts or rules.max_attempts,
        lease_seconds=seconds,
        lease_number=0 if lease is None else lease.number,
        sequence=0,
        shard=hashlib.sha256(job_id.encode()).digest()[0] % rules.shards,
        created_at=now,
        updated_at=now,
        next_run_at=next_run_at,
        worker_id=worker_id,
        lease_token=None if lease is None else lease.token,
        lease_expires_at=None if lease is None else now + seconds * SECOND,
        history=(first,),
    )


def json_text(value: Any, field: str) -> str:
    """The value as compact JSON. Raises TooLarge past 64 KiB, Invalid where it can't be written as JSON."""
    try:
        written_value = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(written_value.encode())
    except UnicodeEncodeError:
        # Half a surrogate pair is legal in JSON's escapes but not in UTF-8: keep the escapes.
        written_value = json.dumps(value, allow_nan=False, separators=(",", ":"))
        size = len(written_value)
    except ValueError:
        raise invalid_field(field, "numbers must be finite") from None
    except RecursionError:
        raise invalid_field(field, "nested too deep") from None
    if size > LARGEST_JSON:
        raise TooLarge(f"the {field} is {size} bytes of JSON; at most {LARGEST_JSON} are kept. Put large data into S3")
    return written_value
