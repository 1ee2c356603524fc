"""Each minute: run-out leases, and pushed jobs due soon that no message wakes."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from leasehold import wiring
from leasehold.observe import logger, metrics

wiring.made_at_start(wiring.sweeper)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """A scheduled event; what it says does not matter."""
    sweep = asdict(wiring.sweeper().sweep())
    for name, count in sweep.items():
        metrics.add_metric(f"Sweep{name.capitalize()}", MetricUnit.Count, count)
    logger.info("swept", extra=sweep)
    return sweep
