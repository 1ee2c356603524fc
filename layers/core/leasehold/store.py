"""Every write on the jobs table. Each transition is one conditional update; the condition alone decides who wins.

    transition   from               to               condition           also requires
    ----------   ----               --               ---------           -------------
    create       nothing            queued, leased   NEW
    lease        queued             leased           QUEUED_AS_SEEN      due
    take over    leased, run out    leased           RUN_OUT_AS_SEEN     the very version that was seen
    expire       leased, run out    queued, dlq      RUN_OUT_AS_SEEN     the very version that was seen
    heartbeat    leased             leased           HELD_AND_RUNNING    token and worker
    succeed      leased             succeeded        HELD                token and worker; may have run out
    fail         leased             queued, dlq      HELD                token and worker; may have run out
    release      leased             queued           HELD                token and worker; may have run out
    cancel       queued, leased     cancelled        OPEN_AS_SEEN        the very version that was seen
    redrive      dlq                queued           DEAD_AS_SEEN        the very version that was seen

A write's answer can get lost after it took effect, and boto3 then tries again and is refused by its own first try. Each
refusal brings the item as it is (`ALL_OLD`), so every method recognises its own write there and answers as if nothing
had happened.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Literal

from leasehold import times
from leasehold.aws import error_code, faults_in_our_words, refused_item
from leasehold.dispatch import Candidate
from leasehold.items import (
    Item,
    Value,
    change_value,
    dispatch_key,
    error_value,
    history_slot,
    instant,
    job_of,
    new_item,
    number,
    text,
)
from leasehold.job import (
    EXPIRED_LEASE,
    LEASE_EXPIRED,
    LONGEST_MESSAGE,
    Change,
    Event,
    Failure,
    Job,
    JobError,
    Verdict,
)
from leasehold.report import Heartbeat, Holder, Reported, Verb, conflict, repeated, reports_moved_by, was_held_by

NEW: Final = "attribute_not_exists(#jobId)"
QUEUED_AS_SEEN: Final = "#status = :queued AND #seq = :seen AND #nextRunAt <= :now"
RUN_OUT_AS_SEEN: Final = "#status = :leased AND #seq = :seen AND #leaseExpiresAt <= :now"
HELD: Final = "#status = :leased AND #leaseToken = :token AND #workerId = :worker"
HELD_AND_RUNNING: Final = f"{HELD} AND #leaseExpiresAt > :now"
OPEN_AS_SEEN: Final = "#status IN (:queued, :leased) AND #seq = :seen"
DEAD_AS_SEEN: Final = "#status = :dlq AND #seq = :seen"

_STATUS_VALUES: Final = {f":{status}": text(status) for status in ("queued", "leased", "dlq")}
_DISPATCH: Final = ("dispatchKey", "dueAt")
_LEASE: Final = ("workerId", "leaseToken", "leaseExpiresAt", "progress", "progressMessage")


class Refused(Exception):
    """A condition did not hold. `item` is the job as it is, or None where there is none."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition did not hold")
        self.item = item


class JobStore:
    """The jobs table. `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, job_id: str) -> Job | None:
        """The job as it is now, or None."""
        item = self.get_item(job_id)
        return None if item is None else job_of(item)

    def get_item(self, job_id: str) -> Item | None:
        """The job's item as it is now, or None."""
        with faults_in_our_words():
            answer = self._client.get_item(TableName=self._table, Key={"jobId": text(job_id)}, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    # -- a job begins -----------------------------------------------------------------------------------------

    def create(self, job: Job, *, request_digest: str, nonce: str) -> tuple[Job, bool]:
        """Store a new job. Returns it and True, or the job that has its id already and False.

        `request_digest` names what was asked for. A job that is there with another digest raises Refused. `nonce` is of
        this call alone: two requests of one idempotency key can come within a millisecond, and one of them is first.
        """
        item = new_item(job) | {"requestDigest": text(request_digest), "nonce": text(nonce)}
        try:
            with _refusals(), faults_in_our_words():
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=NEW,
                    ExpressionAttributeNames={"#jobId": "jobId"},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except Refused as refusal:
            found = refusal.item
            if found is None or found["requestDigest"] != item["requestDigest"]:
                raise
            is_own = found.get("nonce") == item["nonce"]  # our own write, whose answer got lost
            return job_of(found), is_own
        return job, True

    # -- a job is leased --------------------------------------------------------------------------------------

    def lease(self, seen: Candidate, holder: Holder, *, now: int, expires_at: int) -> Job | None:
        """Lease a queued job that is due, or take over one whose lease has run out. None where another was faster."""
        lease = holder.lease
        leased = Change(now, "leased", lease.attempt, holder.worker_id)
        sets = {
            "status": text("leased"),
            "workerId": text(holder.worker_id),
            "leaseToken": text(lease.token),
            "leaseNumber": number(lease.number),
            "leaseExpiresAt": instant(expires_at),
            "dueAt": instant(expires_at),
            "attempt": number(lease.attempt),
            "seq": number(lease.sequence),
            "updatedAt": instant(now),
        }
        changes = {lease.sequence: leased}
        if seen.status == "leased":
            condition = RUN_OUT_AS_SEEN
            expired = Change(now, "failed", lease.attempt, None, LEASE_EXPIRED, EXPIRED_LEASE.message)
            changes[lease.sequence - 1] = expired
            sets["lastError"] = error_value(JobError(LEASE_EXPIRED, EXPIRED_LEASE.message, now))
        else:
            condition = QUEUED_AS_SEEN
        try:
            item = self._update(
                seen.job_id,
                condition,
                {":seen": number(seen.sequence), ":now": instant(now)},
                sets,
                removes=("nextRunAt", "progress", "progressMessage"),
                changes=changes,
                returns="ALL_NEW",
            )
        except Refused as refusal:
            if refusal.item is None or refusal.item.get("leaseToken") != text(lease.token):
                return None
            item = refusal.item
        return job_of(item)

    def expire(self, seen: Candidate, verdict: Verdict, *, now: int, delete_at: int) -> bool:
        """End a lease that has run out without a report. False where the job has moved on meanwhile."""
        sequence = seen.sequence + 1
        try:
            self._update(
                seen.job_id,
                RUN_OUT_AS_SEEN,
                {":seen": number(seen.sequence), ":now": instant(now)},
                *_failed(
                    verdict,
                    JobError(LEASE_EXPIRED, EXPIRED_LEASE.message, now),
                    seen.type,
                    sequence,
                    delete_at,
                ),
                changes={
                    sequence: Change(
                        now, _event_of(verdict), verdict.attempt, None, LEASE_EXPIRED, EXPIRED_LEASE.message
                    )
                },
            )
        except Refused:
            return False
        return True

    # -- a worker reports -------------------------------------------------------------------------------------

    def heartbeat(
        self, holder: Holder, *, now: int, expires_at: int, progress: float | None, message: str | None
    ) -> Heartbeat:
        """Hold the lease for longer. Raises LeaseConflict once it has run out or is another's."""
        sets = {
            "leaseExpiresAt": instant(expires_at),
            "dueAt": instant(expires_at),
            "updatedAt": instant(now),
        }
        if progress is not None:
            sets["progress"] = number(progress)
        if message is not None:
            sets["progressMessage"] = text(message)
        try:
            self._update(
                holder.job_id,
                HELD_AND_RUNNING,
                {":token": text(holder.lease.token), ":worker": text(holder.worker_id), ":now": instant(now)},
                sets,
            )
        except Refused as refusal:
            item = refusal.item
            if item is not None and item["status"]["S"] == "cancelled" and was_held_by(item, holder):
                return Heartbeat(times.read(item["leaseExpiresAt"]["S"]), cancel_requested=True)
            raise conflict(item, holder) from None
        return Heartbeat(expires_at, cancel_requested=False)

    def succeed(self, holder: Holder, *, result: str, now: int, delete_at: int) -> Reported:
        """Finish the job with its result (JSON text)."""
        sets = {"status": text("succeeded"), "result": text(result), "expiresAt": _seconds(delete_at)}
        return self._report(
            holder,
            "succeed",
            Reported("succeeded", holder.lease.attempt, None),
            sets,
            removes=(*_LEASE, *_DISPATCH, "lastError"),
            change=Change(now, "succeeded", holder.lease.attempt, holder.worker_id),
        )

    def fail(self, holder: Holder, verdict: Verdict, failure: Failure, *, now: int, delete_at: int) -> Reported:
        """End the attempt as failed: queued again, or dead, as judged."""
        message = failure.message[:LONGEST_MESSAGE]
        error = JobError(failure.code, message, now)
        sets, removes = _failed(verdict, error, holder.lease.type, holder.lease.sequence + 1, delete_at)
        return self._report(
            holder,
            "fail",
            Reported(verdict.status, verdict.attempt, verdict.next_run_at),
            sets,
            removes=removes,
            change=Change(now, _event_of(verdict), verdict.attempt, holder.worker_id, failure.code, message),
        )

    def release(self, holder: Holder, *, next_run_at: int, now: int) -> Reported:
        """Give the job back; the attempt does not count."""
        sets = {"status": text("queued"), "nextRunAt": instant(next_run_at), "dueAt": instant(next_run_at)}
        return self._report(
            holder,
            "release",
            Reported("queued", holder.lease.attempt, next_run_at),
            sets,
            removes=_LEASE,
            change=Change(now, "released", holder.lease.attempt, holder.worker_id),
        )

    def _report(
        self,
        holder: Holder,
        verb: Verb,
        answer: Reported,
        sets: dict[str, Value],
        *,
        removes: tuple[str, ...],
        change: Change,
    ) -> Reported:
        sequence = holder.lease.sequence + 1
        report = {
            "token": text(holder.lease.token),
            "worker": text(holder.worker_id),
            "verb": text(verb),
            "status": text(answer.status),
            "attempt": number(answer.attempt),
        }
        if answer.next_run_at is not None:
            report["nextRunAt"] = instant(answer.next_run_at)
        try:
            self._update(
                holder.job_id,
                HELD,
                {":token": text(holder.lease.token), ":worker": text(holder.worker_id)},
                sets | {"seq": number(sequence), "updatedAt": instant(change.at), "lastReport": {"M": report}},
                removes=removes,
                changes={sequence: change},
                moves=reports_moved_by(holder.lease),
            )
        except Refused as refusal:
            return repeated(refusal.item, holder, verb)
        return answer

    # -- a person decides -------------------------------------------------------------------------------------

    def cancel(self, seen: Job, *, now: int, delete_at: int) -> Job:
        """Cancel a queued or leased job. Raises Refused where it has moved on since it was seen.

        The lease's token, worker and expiry stay in the item: a heartbeat under it must learn of the cancellation.
        """
        sequence = seen.sequence + 1
        item = self._update(
            seen.job_id,
            OPEN_AS_SEEN,
            {":seen": number(seen.sequence)},
            {
                "status": text("cancelled"),
                "endedKey": text(f"{seen.type}#cancelled"),
                "seq": number(sequence),
                "updatedAt": instant(now),
                "expiresAt": _seconds(delete_at),
            },
            removes=(*_DISPATCH, "nextRunAt"),
            changes={sequence: Change(now, "cancelled", seen.attempt)},
            returns="ALL_NEW",
        )
        return job_of(item)

    def redrive(self, seen: Job, *, max_attempts: int, now: int) -> Job:
        """Queue a dead job anew, with no attempt used. Raises Refused where it has moved on since it was seen."""
        sequence = seen.sequence + 1
        redriven = Change(now, "redriven", 0)
        try:
            item = self._update(
                seen.job_id,
                DEAD_AS_SEEN,
                {":seen": number(seen.sequence)},
                {
                    "status": text("queued"),
                    "attempt": number(0),
                    "maxAttempts": number(max_attempts),
                    "nextRunAt": instant(now),
                    "dueAt": instant(now),
                    "dispatchKey": text(dispatch_key(seen.type, seen.priority, seen.shard)),
                    "seq": number(sequence),
                    "updatedAt": instant(now),
                },
                removes=("endedKey", "expiresAt"),
                changes={sequence: redriven},
                returns="ALL_NEW",
            )
        except Refused as refusal:
            slots = {} if refusal.item is None else refusal.item["history"]["M"]
            if slots.get(history_slot(sequence)) != change_value(redriven):
                raise
            item = refusal.item or {}
        return job_of(item)

    # -- the one place that writes ----------------------------------------------------------------------------

    def _update(
        self,
        job_id: str,
        condition: str,
        values: Mapping[str, Value],
        sets: Mapping[str, Value],
        removes: tuple[str, ...] = (),
        *,
        changes: Mapping[int, Change] | None = None,
        moves: Mapping[str, str] | None = None,
        returns: Literal["ALL_NEW", "NONE"] = "NONE",
    ) -> Item:
        """One conditional update; returns the new item where asked to, or raises Refused with the present one.

        `moves` are maps that one attribute takes over from another, which may be missing.
        """
        moved = [f"#{to} = if_not_exists(#{name}, :no_map)" for to, name in (moves or {}).items()]
        slots = {history_slot(sequence): change_value(change) for sequence, change in (changes or {}).items()}
        expression = "SET " + ", ".join(
            moved + [f"#{name} = :set_{name}" for name in sets] + [f"#history.#{slot} = :set_{slot}" for slot in slots]
        )
        gone = [name for name in removes if name not in sets]
        if gone:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
        used_values = {name: value for name, value in _STATUS_VALUES.items() if re.search(rf"{name}\b", condition)}
        used_values |= values
        used_values |= {f":set_{name}": value for name, value in (*sets.items(), *slots.items())}
        used_values |= {":no_map": {"M": {}}} if moved else {}
        with _refusals(), faults_in_our_words():
            answer = self._client.update_item(
                TableName=self._table,
                Key={"jobId": text(job_id)},
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames={
                    f"#{name}": name for name in re.findall(r"#(\w+)", f"{expression} {condition}")
                },
                ExpressionAttributeValues=used_values,
                ReturnValues=returns,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        item: Item = answer.get("Attributes", {})
        return item


def _event_of(verdict: Verdict) -> Event:
    return "dlq" if verdict.status == "dlq" else "failed"


def _failed(
    verdict: Verdict, error: JobError, job_type: str, sequence: int, delete_at: int
) -> tuple[dict[str, Value], tuple[str, ...]]:
    """What a failed attempt sets and removes, whoever found it."""
    sets = {
        "status": text(verdict.status),
        "attempt": number(verdict.attempt),
        "nextRunAt": instant(verdict.next_run_at),
        "lastError": error_value(error),
        "seq": number(sequence),
        "updatedAt": instant(error.at),
    }
    if verdict.status == "queued":
        return sets | {"dueAt": instant(verdict.next_run_at)}, _LEASE
    return sets | {"endedKey": text(f"{job_type}#dlq"), "expiresAt": _seconds(delete_at)}, (
        *_LEASE,
        *_DISPATCH,
    )


def _seconds(at: int) -> Value:
    """DynamoDB's time to live counts in seconds."""
    return number(at // times.SECOND)


@contextmanager
def _refusals() -> Iterator[None]:
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as fault:
        if error_code(fault) != "ConditionalCheckFailedException":
            raise
        raise Refused(refused_item(fault)) from None
