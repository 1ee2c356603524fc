"""Workers: they lease jobs over HTTP, run your functions, and report."""

from leasehold_client.worker.worker import AsyncWorker, Worker

__all__ = ["AsyncWorker", "Worker"]
