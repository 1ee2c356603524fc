"""Leasehold from Python: a client of its HTTP API, and workers that lease jobs from it."""
