"""Logs and metrics of the functions that no caller waits for, by Powertools; names come from POWERTOOLS_* variables.

Whatever is logged about a job has the job's id as its `correlation_id`, in every function: from the upload's event to
the report and what follows from it. `request_id` is API Gateway's id of a request, `s3_request_id` S3's of a write.
"""

import warnings

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()

# Most calls have no metric to publish, and that is as it should be.
warnings.filterwarnings("ignore", message="No application metrics to publish")


def gauge(name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
    """Publish one figure with dimensions of its own, beside those of the call's metrics."""
    with single_metric(name=name, unit=unit, value=value, default_dimensions={"service": metrics.service}) as metric:
        for dimension, text in dimensions.items():
            metric.add_dimension(dimension, text)
