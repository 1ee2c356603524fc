"""Each minute: run-out leases, and pushed jobs due soon that no message wakes; and how long jobs have been waiting."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from leasehold import wiring
from leasehold.errors import LeaseholdError
from leasehold.observe import gauge, logger, metrics

wiring.made_at_start(wiring.sweeper, wiring.overview)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """A scheduled event; what it says does not matter."""
    _tell_how_long_jobs_wait()
    sweep = asdict(wiring.sweeper().sweep(tell=_tell))
    for name, count in sweep.items():
        metrics.add_metric(f"Sweep{name.capitalize()}", MetricUnit.Count, count)
    logger.info("swept", extra=sweep)
    return sweep


def _tell_how_long_jobs_wait() -> None:
    """Before the sweep and printed at once: it must be known above all when the sweep does not get through."""
    try:
        waiting = wiring.overview().waiting()
    except LeaseholdError as fault:
        logger.warning("how long jobs wait is not known", extra={"reason": fault.message})
        return
    for job_type, seconds in waiting.items():
        gauge("OldestDueSeconds", MetricUnit.Seconds, seconds, type=job_type)
    # Once more over all types, for the alarm: it must not need to know them.
    gauge("OldestDueSeconds", MetricUnit.Seconds, max(waiting.values(), default=0))


def _tell(what: str, job_id: str) -> None:
    logger.info(what, correlation_id=job_id)
