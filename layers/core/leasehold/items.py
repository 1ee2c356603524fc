"""A job as a DynamoDB item and back.

Attribute names are those of the job's JSON. Instants are stored as written times: they sort as they read. History is a
map of at most `HISTORY_LENGTH` slots, `h0`, `h1`, ..., filled in turn: slot `sequence % HISTORY_LENGTH`, so that a
change writes one slot and needs no read.

Items carry the version of their schema, for the releases to come. Whatever a newer release has added to an item is
ignored here and left as it is, so that a release can be rolled back; docs/operations.md says how to change what is
stored.
"""

import json
from collections.abc import Mapping
from typing import Any

from leasehold import times
from leasehold.job import HISTORY_LENGTH, LONGEST_HISTORY_MESSAGE, Change, Job, JobError

Value = dict[str, Any]
Item = dict[str, Value]

SCHEMA_VERSION = 2


def text(value: str) -> Value:
    """A DynamoDB string."""
    return {"S": value}


def number(value: float) -> Value:
    """A DynamoDB number."""
    return {"N": format(value, "d") if isinstance(value, int) else format(value, ".17g")}


def instant(value: int) -> Value:
    """A time, stored as it is written."""
    return {"S": times.written(value)}


def dispatch_key(job_type: str, priority: str, shard: int) -> str:
    """The partition of the dispatch index that a waiting or leased job stands in."""
    return f"{job_type}#{priority}#{shard}"


def created_key(job: Job) -> str:
    """The sort key of the listing: newest first, and unique, so that a cursor is a place and no page overlaps."""
    return f"{times.written(job.created_at)}#{job.job_id}"


def history_slot(sequence: int) -> str:
    """The slot of the history map that the change of that number is kept in."""
    return f"h{sequence % HISTORY_LENGTH}"


def change_value(change: Change) -> Value:
    """A history entry, compact: it counts against each write's size."""
    parts: list[Any] = [times.written(change.at), change.event, change.attempt, change.worker_id]
    if change.error_message is not None:
        parts += [change.error_code, change.error_message[:LONGEST_HISTORY_MESSAGE]]
    return text(json.dumps(parts, separators=(",", ":")))


def error_value(error: JobError) -> Value:
    """`lastError` as stored."""
    value = {"message": text(error.message), "at": instant(error.at)}
    if error.code is not None:
        value["code"] = text(error.code)
    return {"M": value}


def new_item(job: Job) -> Item:
    """The item of a job that is just being created."""
    item: Item = {
        "schema": number(SCHEMA_VERSION),
        "jobId": text(job.job_id),
        "type": text(job.type),
        "payload": text(job.payload),
        "status": text(job.status),
        "priority": text(job.priority),
        "attempt": number(job.attempt),
        "maxAttempts": number(job.max_attempts),
        "leaseSeconds": number(job.lease_seconds),
        "leaseNumber": number(job.lease_number),
        "seq": number(job.sequence),
        "shard": number(job.shard),
        "createdAt": instant(job.created_at),
        "createdKey": text(created_key(job)),
        "updatedAt": instant(job.updated_at),
        "dispatchKey": text(dispatch_key(job.type, job.priority, job.shard)),
        "history": {
            "M": {
                history_slot(job.sequence - back): change_value(change)
                for back, change in enumerate(reversed(job.history))
            }
        },
    }
    if job.status == "queued" and job.next_run_at is not None:
        item["nextRunAt"] = item["dueAt"] = instant(job.next_run_at)
    if job.status == "leased" and job.lease_expires_at is not None:
        item["leaseExpiresAt"] = item["dueAt"] = instant(job.lease_expires_at)
        item["workerId"] = text(job.worker_id or "")
        item["leaseToken"] = text(job.lease_token or "")
    return item


def job_of(item: Mapping[str, Value]) -> Job:
    """The job of an item. Raises KeyError where the item is no job."""
    sequence = int(item["seq"]["N"])
    return Job(
        job_id=item["jobId"]["S"],
        type=item["type"]["S"],
        payload=item["payload"]["S"],
        status=item["status"]["S"],
        priority=item["priority"]["S"],
        attempt=int(item["attempt"]["N"]),
        max_attempts=int(item["maxAttempts"]["N"]),
        lease_seconds=int(item["leaseSeconds"]["N"]),
        lease_number=int(item["leaseNumber"]["N"]),
        sequence=sequence,
        shard=int(item["shard"]["N"]),
        created_at=times.read(item["createdAt"]["S"]),
        updated_at=times.read(item["updatedAt"]["S"]),
        next_run_at=_instant(item, "nextRunAt"),
        worker_id=_text(item, "workerId"),
        lease_token=_text(item, "leaseToken"),
        lease_expires_at=_instant(item, "leaseExpiresAt"),
        progress=float(item["progress"]["N"]) if "progress" in item else None,
        progress_message=_text(item, "progressMessage"),
        result=_text(item, "result"),
        last_error=_error(item),
        history=_history(item["history"]["M"], sequence),
    )


def _text(item: Mapping[str, Value], name: str) -> str | None:
    value = item.get(name)
    return None if value is None else str(value["S"])


def _instant(item: Mapping[str, Value], name: str) -> int | None:
    value = item.get(name)
    return None if value is None else times.read(value["S"])


def _error(item: Mapping[str, Value]) -> JobError | None:
    if "lastError" not in item:
        return None
    error = item["lastError"]["M"]
    return JobError(code=_text(error, "code"), message=error["message"]["S"], at=times.read(error["at"]["S"]))


def _history(slots: Mapping[str, Value], sequence: int) -> tuple[Change, ...]:
    oldest = max(0, sequence - HISTORY_LENGTH + 1)
    found = (slots.get(history_slot(nth)) for nth in range(oldest, sequence + 1))
    return tuple(_change(value["S"]) for value in found if value is not None)


def _change(stored: str) -> Change:
    at, event, attempt, worker_id, *error = json.loads(stored)
    code, message = (*error, None, None)[:2]  # and whatever a newer release writes behind them
    return Change(times.read(at), event, attempt, worker_id, code, message)
