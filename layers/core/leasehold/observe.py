"""Logs, metrics and traces of every function, by Powertools. Names come from POWERTOOLS_* in the template."""

import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger()
metrics = Metrics()
tracer = Tracer()

# Most calls have no metric to publish, and that is as it should be.
warnings.filterwarnings("ignore", message="No application metrics to publish")
