"""Each minute: run-out leases, and pushed jobs due soon that no message wakes; and how long jobs have been waiting."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from leasehold import wiring
from leasehold.observe import gauge, logger, metrics, tracer


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A scheduled event; what it says does not matter."""
    sweep = wiring.sweeper().sweep(tell=_tell)
    for name in ("expired", "woken", "failed"):
        metrics.add_metric(f"Sweep{name.capitalize()}", MetricUnit.Count, getattr(sweep, name))
    for job_type, seconds in sweep.oldest_due_seconds.items():
        gauge("OldestDueSeconds", MetricUnit.Seconds, seconds, type=job_type)
    # Once more over all types, for the alarm: it must not need to know them.
    metrics.add_metric("OldestDueSeconds", MetricUnit.Seconds, max(sweep.oldest_due_seconds.values(), default=0))
    logger.info("swept", extra=asdict(sweep))
    return asdict(sweep)


def _tell(what: str, job_id: str) -> None:
    logger.info(what, correlation_id=job_id)
