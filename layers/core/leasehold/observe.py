"""Logs and metrics of the functions that no caller waits for, by Powertools; names come from POWERTOOLS_* variables."""

import warnings

from aws_lambda_powertools import Logger, Metrics

logger = Logger()
metrics = Metrics()

# Most calls have no metric to publish, and that is as it should be.
warnings.filterwarnings("ignore", message="No application metrics to publish")
