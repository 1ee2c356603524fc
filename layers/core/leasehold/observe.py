"""Logs, metrics and traces of every function, by Powertools. Names come from POWERTOOLS_* in the template."""

from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger()
metrics = Metrics()
tracer = Tracer()
