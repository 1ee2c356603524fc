"""The jobs service: what a handler calls. It brings the registry, the clock, chance and the store together."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from leasehold.access import Caller
from leasehold.backoff import Draw, uniform
from leasehold.dispatch import Candidate, Dispatch
from leasehold.errors import (
    AlreadyFinished,
    Invalid,
    LeaseConflict,
    NotFound,
    NotInDlq,
    Throttled,
    Unavailable,
    invalid_field,
)
from leasehold.ids import derived_id, is_id, new_id
from leasehold.items import job_of
from leasehold.job import EXPIRED_LEASE, Change, Failure, Job, Verdict, after_failure
from leasehold.lease import Lease, Secret, new_secret
from leasehold.leasing import Leasing
from leasehold.order import Order, json_text, new_job
from leasehold.registry import Registry
from leasehold.report import Heartbeat, Holder, Reported, Verb, replayed, why_not_held
from leasehold.store import JobStore, Refused
from leasehold.times import DAY, SECOND, Clock, wall_clock

LONGEST_KEY: Final = 255
_DECISIONS: Final = 5
_REDRIVE_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Reporter:
    """A worker that reports on a job: its id, and the lease token where it sent one."""

    job_id: str
    worker_id: str
    lease_token: str | None
    caller: Caller


class Jobs:
    """All that can be done with jobs. Every method raises the errors of `leasehold.errors` and nothing else."""

    def __init__(
        self,
        registry: Registry,
        store: JobStore,
        dispatch: Dispatch,
        *,
        clock: Clock = wall_clock,
        draw: Draw = uniform,
        secret: Secret = new_secret,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._registry = registry
        self._store = store
        self._clock = clock
        self._draw = draw
        self._secret = secret
        self._sleep = sleep
        self._leasing = Leasing(store, dispatch, self.expire, clock=clock, draw=draw, secret=secret)

    # -- producers --------------------------------------------------------------------------------------------

    def enqueue(self, order: Order, caller: Caller, idempotency_key: str | None = None) -> tuple[Job, bool]:
        """Create a job, or find the one that this key has created. Returns it and whether it is new."""
        rules = self._registry[order.type]
        caller.check_type(rules.name)
        payload = json_text(order.payload, "payload")
        rules.check_payload(order.payload)
        if order.run_at is not None and order.delay_seconds is not None:
            raise invalid_field("runAt", "give runAt or delaySeconds, not both")
        if idempotency_key is None:
            job_id = new_id("job")
        elif 0 < len(idempotency_key) <= LONGEST_KEY:
            job_id = derived_id("job", "key", caller.token_id, idempotency_key)
        else:
            raise invalid_field("Idempotency-Key", f"1 to {LONGEST_KEY} characters")
        now = self._clock()
        run_at = now + round((order.delay_seconds or 0) * SECOND)
        if order.run_at is not None:
            run_at = max(now, order.run_at)
        job = new_job(rules, job_id, payload, now, order, Change(now, "queued", 0), next_run_at=run_at)
        try:
            return self._store.create(job, request_digest=order.digest(), nonce=self._secret())
        except Refused:
            raise Invalid(
                "this Idempotency-Key has been used with another body; use a new key for a new job",
                code="idempotency_key_reused",
                details=[{"field": "Idempotency-Key", "message": "already used with another body"}],
            ) from None

    def cancel(self, job_id: str, caller: Caller) -> Job:
        """Cancel a job that has not finished; cancelling twice is fine."""
        for _ in range(_DECISIONS):
            seen = self.get(job_id, caller)
            if seen.status == "cancelled":
                return seen
            if seen.status in ("succeeded", "dlq"):
                raise AlreadyFinished(
                    f"the job is {seen.status} already and can't be cancelled", code="already_finished"
                )
            now = self._clock()
            try:
                return self._store.cancel(seen, now=now, delete_at=self._delete_at(seen.type, now))
            except Refused:
                continue  # it moved on between the look and the write: look again
        raise Unavailable("the job keeps changing; try again")

    # -- workers ----------------------------------------------------------------------------------------------

    def lease(
        self,
        types: Sequence[str],
        worker_id: str,
        caller: Caller,
        *,
        at_most: int = 1,
        lease_seconds: int | None = None,
        wait_seconds: float = 0,
    ) -> list[Job]:
        """Lease up to `at_most` due jobs of those types, waiting for the first one where asked to."""
        rules = [self._registry[name] for name in dict.fromkeys(types)]
        for each in rules:
            caller.check_type(each.name)
        give_up_at = self._clock() + round(wait_seconds * SECOND)
        while True:
            leased = self._leasing.lease(rules, worker_id, at_most, lease_seconds)
            left = give_up_at - self._clock()
            if leased or left <= 0:
                return leased
            # A little chance keeps waiting workers from asking in step.
            self._sleep(min(left / SECOND, self._draw(0.4, 0.8)))

    def lease_one(self, job_id: str, worker_id: str) -> Job | None:
        """Lease this very job if it is due: how a pushed job is taken. None where it is not to be had now."""
        seen = self._store.get(job_id) if is_id(job_id) else None
        if seen is None or seen.status not in ("queued", "leased"):
            return None
        due_at = seen.next_run_at if seen.status == "queued" else seen.lease_expires_at
        if due_at is None or due_at > self._clock():
            return None
        return self._leasing.take(Candidate.of(seen, due_at), worker_id, None)

    def claim(self, order: Order, job_id: str, worker_id: str) -> Job | None:
        """Create a job that is leased to its creator from the start. None where the job exists already."""
        rules = self._registry[order.type]
        now = self._clock()
        lease = Lease(1, 0, rules.max_attempts, 0, rules.lease_seconds, rules.name, self._secret())
        job = new_job(
            rules,
            job_id,
            json_text(order.payload, "payload"),
            now,
            order,
            Change(now, "leased", 0, worker_id),
            lease=lease,
            worker_id=worker_id,
        )
        try:
            found, _ = self._store.create(job, request_digest=order.digest(), nonce=self._secret())
        except Refused:
            return None
        return found if found.lease_token == lease.token else None

    def heartbeat(
        self,
        who: Reporter,
        *,
        lease_seconds: int | None = None,
        progress: float | None = None,
        message: str | None = None,
    ) -> Heartbeat:
        """Prolong the lease from now on, tell how far the work is, and learn whether to stop it."""
        holder = self._holder(who)
        if isinstance(holder, Reported):  # only a report is looked for below, and a heartbeat is none
            raise LeaseConflict("the job is not leased; stop working on it")
        now = self._clock()
        expires_at = now + (lease_seconds or holder.lease.seconds) * SECOND
        return self._store.heartbeat(holder, now=now, expires_at=expires_at, progress=progress, message=message)

    def succeed(self, who: Reporter, result: Mapping[str, Any]) -> Reported:
        """Finish the job."""
        stored = json_text(result, "result")
        holder = self._holder(who, "succeed")
        if isinstance(holder, Reported):
            return holder
        now = self._clock()
        return self._store.succeed(holder, result=stored, now=now, delete_at=self._delete_at(holder.lease.type, now))

    def fail(self, who: Reporter, failure: Failure) -> Reported:
        """End the attempt: the job runs again after its backoff, or is dead."""
        holder = self._holder(who, "fail")
        if isinstance(holder, Reported):
            return holder
        now = self._clock()
        verdict = self._judge(failure, holder.lease.type, holder.lease.attempt, holder.lease.max_attempts, now)
        return self._store.fail(holder, verdict, failure, now=now, delete_at=self._delete_at(holder.lease.type, now))

    def release(self, who: Reporter, delay_seconds: float = 0) -> Reported:
        """Give the job back unworked."""
        holder = self._holder(who, "release")
        if isinstance(holder, Reported):
            return holder
        now = self._clock()
        return self._store.release(holder, next_run_at=now + round(delay_seconds * SECOND), now=now)

    # -- the sweeper ------------------------------------------------------------------------------------------

    def expire(self, seen: Candidate) -> bool:
        """End the run-out lease that was seen; False where its job has moved on meanwhile."""
        now = self._clock()
        verdict = self._judge(EXPIRED_LEASE, seen.type, seen.attempt, seen.max_attempts, now)
        return self._store.expire(seen, verdict, now=now, delete_at=self._delete_at(seen.type, now))

    # -- readers and admins -----------------------------------------------------------------------------------

    def get(self, job_id: str, caller: Caller) -> Job:
        """The job as it is now."""
        job = self._store.get(job_id) if is_id(job_id) else None
        if job is None:
            raise NotFound("there is no job of that id; it may have been deleted after its retention")
        caller.check_type(job.type)
        return job

    def redrive(self, job_id: str, caller: Caller, max_attempts: int | None = None) -> Job:
        """Queue a dead job anew."""
        seen = self.get(job_id, caller)
        if seen.status == "dlq":
            try:
                return self._redrive(seen, max_attempts)
            except Refused:
                seen = self.get(job_id, caller)
        raise NotInDlq(f"the job is {seen.status}, not dlq: only dead jobs can be redriven", code="not_in_dlq")

    def redrive_many(self, dead: Iterable[Job], limit: int | None) -> int:
        """Queue these dead jobs anew; how many were. Ends after 20 s, or at a fault, with what is done by then.

        A request must be answered before API Gateway gives up on it: whoever has more to redrive calls again.
        """
        redriven = 0
        ends_at = self._clock() + _REDRIVE_SECONDS * SECOND
        try:
            for seen in dead:
                if redriven == limit or self._clock() >= ends_at:
                    break
                with suppress(Refused):
                    self._redrive(seen, None)
                    redriven += 1
        except (Throttled, Unavailable):
            if redriven == 0:  # an error says that nothing was done
                raise
        return redriven

    # -- within -----------------------------------------------------------------------------------------------

    def _holder(self, who: Reporter, verb: Verb | None = None) -> Holder | Reported:
        """The lease a report is about: the token's, or else the one this worker holds.

        Without a token, a report that has been made already is found here and its answer returned.
        """
        if who.lease_token is not None:
            lease = Lease.parse(who.lease_token)
            if lease is None or not is_id(who.job_id):
                raise LeaseConflict("X-Lease-Token is no lease token of this job; stop working on it")
            who.caller.check_type(lease.type)
            return Holder(who.job_id, lease, who.worker_id)
        item = self._store.get_item(who.job_id) if is_id(who.job_id) else None
        if item is not None:
            job = job_of(item)
            who.caller.check_type(job.type)
            if job.worker_id == who.worker_id and job.lease_token is not None:
                held = Lease.parse(job.lease_token)
                if held is not None:
                    return Holder(who.job_id, held, who.worker_id)
            answered = replayed(item, who.worker_id, verb) if verb else None
            if answered is not None:
                return answered
        raise LeaseConflict(why_not_held(item, who.worker_id, None))

    def _judge(self, failure: Failure, job_type: str, attempt: int, max_attempts: int, now: int) -> Verdict:
        return after_failure(
            failure,
            attempt=attempt,
            max_attempts=max_attempts,
            backoff=self._registry.rules_of(job_type).backoff,
            now=now,
            draw=self._draw,
        )

    def _redrive(self, seen: Job, max_attempts: int | None) -> Job:
        return self._store.redrive(seen, max_attempts=max_attempts or seen.max_attempts, now=self._clock())

    def _delete_at(self, job_type: str, now: int) -> int:
        return now + self._registry.rules_of(job_type).retention_days * DAY
