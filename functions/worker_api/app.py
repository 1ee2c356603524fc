"""What workers call: lease, heartbeat, succeed, fail, release. The hot path: a report is one write."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from leasehold import wiring
from leasehold.http import bodies
from leasehold.http.answers import Answer, Endpoint, json_answer
from leasehold.http.edge import answered
from leasehold.http.request import Request
from leasehold.job import Failure
from leasehold.observe import logger, metrics, tracer
from leasehold.report import Reported
from leasehold.times import written
from leasehold.views import job_view


def lease(request: Request) -> Answer:
    body = request.json_object(optional=True)
    asked = bodies.checked(bodies.LeaseBody, body) if body else bodies.checked(bodies.LeaseQuery, request.query)
    jobs = wiring.jobs().lease(
        asked.type,
        request.worker_id(),
        request.caller,
        at_most=asked.max,
        lease_seconds=asked.lease_seconds,
        wait_seconds=asked.wait,
    )
    if jobs:
        metrics.add_metric("JobsLeased", MetricUnit.Count, len(jobs))
    return json_answer(200, {"jobs": [job_view(job, with_token=True) for job in jobs]})


def heartbeat(request: Request) -> Answer:
    who = request.reporter()
    body = bodies.checked(bodies.HeartbeatBody, request.json_object(optional=True))
    beat = wiring.jobs().heartbeat(who, lease_seconds=body.lease_seconds, progress=body.progress, message=body.message)
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
    body = bodies.checked(bodies.SucceedBody, request.json_object())
    reported = wiring.jobs().succeed(who, body.result)
    metrics.add_metric("JobsSucceeded", MetricUnit.Count, 1)
    return json_answer(200, {"status": reported.status, "jobId": who.job_id})


def fail(request: Request) -> Answer:
    who = request.reporter()
    error = bodies.checked(bodies.FailBody, request.json_object()).error
    reported = wiring.jobs().fail(who, Failure(error.message, error.code, error.retryable, error.retry_after_seconds))
    metrics.add_metric("JobsDead" if reported.status == "dlq" else "JobsFailed", MetricUnit.Count, 1)
    return json_answer(200, _requeued(who.job_id, reported))


def release(request: Request) -> Answer:
    who = request.reporter()
    body = bodies.checked(bodies.ReleaseBody, request.json_object(optional=True))
    return json_answer(200, _requeued(who.job_id, wiring.jobs().release(who, body.delay_seconds)))


ENDPOINTS: dict[str, Endpoint] = {
    "GET /jobs/lease": lease,
    "POST /jobs/lease": lease,
    "POST /jobs/{id}/heartbeat": heartbeat,
    "POST /jobs/{id}/succeed": succeed,
    "POST /jobs/{id}/fail": fail,
    "POST /jobs/{id}/release": release,
}


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], _context: Any) -> Answer:
    """API Gateway's request, payload format 2.0."""
    request = Request.of(event)
    answer = answered(lambda: ENDPOINTS[request.route](request))
    logger.info("answered", route=request.route, status=answer["statusCode"], job=request.path.get("id"))
    return answer


def _requeued(job_id: str, reported: Reported) -> dict[str, Any]:
    next_run_at = None if reported.next_run_at is None else written(reported.next_run_at)
    return {"status": reported.status, "jobId": job_id, "nextRunAt": next_run_at, "attempt": reported.attempt}
