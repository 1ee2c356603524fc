"""Logs, metrics and traces of every function, by Powertools. Names come from POWERTOOLS_* in the template.

Whatever is logged about a job has the job's id as its `correlation_id`, in every function: from the upload's event to
the report and what follows from it. `request_id` is API Gateway's id of a request, `s3_request_id` S3's of a write.
"""

import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer, single_metric
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()
tracer = Tracer()

# Most calls have no metric to publish, and that is as it should be.
warnings.filterwarnings("ignore", message="No application metrics to publish")


def gauge(name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
    """Publish one figure with dimensions of its own, beside those of the call's metrics."""
    with single_metric(name=name, unit=unit, value=value, default_dimensions={"service": metrics.service}) as metric:
        for dimension, text in dimensions.items():
            metric.add_dimension(dimension, text)
