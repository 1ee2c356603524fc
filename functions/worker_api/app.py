"""What workers call: lease, heartbeat, succeed, fail, release. The hot path: a report is one write."""

import os
from typing import Any

from leasehold import wiring
from leasehold.http import edge, worker_asks
from leasehold.http.answers import Answer, Endpoint, json_answer
from leasehold.http.request import Request
from leasehold.log import Log
from leasehold.report import Reported
from leasehold.times import written
from leasehold.views import leased_view

log = Log(os.environ.get("POWERTOOLS_SERVICE_NAME", "worker-api"))


def lease(request: Request) -> Answer:
    asked = worker_asks.lease(request.json_object(optional=True), request.query)
    jobs = wiring.jobs().lease(
        asked.types,
        request.worker_id(),
        request.caller,
        at_most=asked.at_most,
        lease_seconds=asked.lease_seconds,
        wait_seconds=asked.wait_seconds,
    )
    for job in jobs:
        log.info("leased", correlation_id=job.job_id, type=job.type, worker_id=job.worker_id)
    return json_answer(200, {"jobs": [leased_view(job) for job in jobs]})


def heartbeat(request: Request) -> Answer:
    who = request.reporter()
    asked = worker_asks.heartbeat(request.json_object(optional=True))
    beat = wiring.jobs().heartbeat(
        who, lease_seconds=asked.lease_seconds, progress=asked.progress, message=asked.message
    )
    return json_answer(
        200,
        {
            "jobId": who.job_id,
            "leaseExpiresAt": written(beat.lease_expires_at),
            "cancelRequested": beat.cancel_requested,
        },
    )


def succeed(request: Request) -> Answer:
    who = request.reporter()
    reported = wiring.jobs().succeed(who, worker_asks.result(request.json_object()))
    return json_answer(200, {"status": reported.status, "jobId": who.job_id})


def fail(request: Request) -> Answer:
    who = request.reporter()
    return json_answer(200, _requeued(who.job_id, wiring.jobs().fail(who, worker_asks.failure(request.json_object()))))


def release(request: Request) -> Answer:
    who = request.reporter()
    delay_seconds = worker_asks.delay(request.json_object(optional=True))
    return json_answer(200, _requeued(who.job_id, wiring.jobs().release(who, delay_seconds)))


ENDPOINTS: dict[str, Endpoint] = {
    "GET /jobs/lease": lease,
    "POST /jobs/lease": lease,
    "POST /jobs/{id}/heartbeat": heartbeat,
    "POST /jobs/{id}/succeed": succeed,
    "POST /jobs/{id}/fail": fail,
    "POST /jobs/{id}/release": release,
}

wiring.made_at_start(wiring.jobs)


def handler(event: dict[str, Any], context: Any) -> Answer:
    """API Gateway's request, payload format 2.0."""
    return edge.answer(event, context, ENDPOINTS, log)


def _requeued(job_id: str, reported: Reported) -> dict[str, Any]:
    next_run_at = None if reported.next_run_at is None else written(reported.next_run_at)
    return {"status": reported.status, "jobId": job_id, "nextRunAt": next_run_at, "attempt": reported.attempt}
