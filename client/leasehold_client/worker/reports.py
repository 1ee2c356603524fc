"""Reports: sent until they are answered. The lease token makes that safe, however often an answer gets lost."""

from typing import Any, Final

from leasehold_client import calls
from leasehold_client.calls import Call
from leasehold_client.errors import ApiError, BadAnswer, Busy, Invalid, LeaseConflict, ServerError, Unreachable
from leasehold_client.exchange import Patience
from leasehold_client.models import Job, Reported
from leasehold_client.worker.heart import Sender
from leasehold_client.worker.logs import logger
from leasehold_client.worker.outcome import Failed, Outcome, Released, Stopped, Succeeded
from leasehold_client.worker.timing import Timing

# A dead API comes back some day. One that answers each time that it has a bug is not waited for: the lease runs out,
# and the job runs again or is dead.
_BUGS_BORNE: Final = 8


class Reports:
    """Tells the API what came of jobs."""

    def __init__(self, sender: Sender, worker_id: str, *, timing: Timing, patience: Patience) -> None:
        self._sender = sender
        self._worker_id = worker_id
        self._timing = timing
        self._patience = patience

    async def tell(self, job: Job, outcome: Outcome) -> None:
        """Report the outcome; it never raises, and ends only when the API has answered."""
        if isinstance(outcome, Stopped):
            logger.info("stopped", extra={**facts(job), "reason": outcome.reason})
            return
        refusal = await self._send(job, self._call(job, outcome))
        if refusal is None or not isinstance(outcome, Succeeded):
            return
        # The work is done but its result can't be kept: say so, or the job would run again for the same end.
        code = refusal.code if refusal.status == 413 else "bad_result"
        failed = Failed(f"the result was refused: {refusal.message}", code, retryable=False)
        await self._send(job, self._call(job, failed))

    def _call(self, job: Job, outcome: Succeeded | Failed | Released) -> Call[Reported]:
        worker_id, token = self._worker_id, job.lease_token
        match outcome:
            case Succeeded(result):
                return calls.succeed(job.job_id, result, worker_id=worker_id, lease_token=token)
            case Failed(message, code, retryable, retry_after):
                return calls.fail(
                    job.job_id,
                    message,
                    worker_id=worker_id,
                    lease_token=token,
                    code=code,
                    retryable=retryable,
                    retry_after_seconds=retry_after,
                )
            case Released(after):
                return calls.release(
                    job.job_id, worker_id=worker_id, lease_token=token, delay_seconds=after if after else None
                )

    async def _send(self, job: Job, call: Call[Reported]) -> Invalid | None:
        """Send until answered. Returns the refusal where the report itself is at fault."""
        tries = bugs = 0
        while True:
            tries += 1
            try:
                reported = await self._sender.send(call)
            except LeaseConflict as conflict:
                # The job was taken over, cancelled or deleted: nothing is left to be told, and asking again can't help.
                logger.info("the report came too late", extra={**facts(job), "reason": conflict.message})
                return None
            except (Unreachable, Busy, BadAnswer, ServerError) as fault:
                bugs += isinstance(fault, ServerError)
                if bugs >= _BUGS_BORNE:
                    logger.error("the report is given up", extra={**facts(job), "reason": fault.message})
                    return None
                wait = self._patience.pause(tries, fault.retry_after if isinstance(fault, ApiError) else None)
                logger.warning("no answer to the report", extra={**facts(job), "reason": fault.message, "tries": tries})
                await self._timing.sleep(wait)
            except ApiError as refusal:
                logger.error("the report was refused", extra={**facts(job), "reason": refusal.message})
                return refusal if isinstance(refusal, Invalid) else None
            else:
                logger.info("reported", extra={**facts(job), "status": reported.status})
                return None


def facts(job: Job) -> dict[str, Any]:
    """What each line about a job says of it."""
    return {"job_id": job.job_id, "type": job.type, "attempt": job.attempt, "lease_number": job.lease_number}
