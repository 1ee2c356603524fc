"""Every route that is not a worker's: jobs, assets, tokens, stats, health. Routed by Powertools."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from leasehold import wiring
from leasehold.errors import NotFound, invalid_field
from leasehold.http import bodies
from leasehold.http.answers import Answer, Endpoint, json_answer
from leasehold.http.edge import answered
from leasehold.http.request import Request
from leasehold.ids import is_id
from leasehold.jobs import Order
from leasehold.observe import logger, metrics, tracer
from leasehold.openapi import served
from leasehold.settings import registry
from leasehold.times import wall_clock, written
from leasehold.views import job_view, token_view, type_view

app = APIGatewayHttpResolver()
ENDPOINTS: dict[str, Endpoint] = {}


def _request() -> Request:
    return Request.of(app.current_event.raw_event)


def _route(method: str, path: str) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint: request in, answer out, whatever goes wrong in it."""

    def registered(endpoint: Endpoint) -> Endpoint:
        ENDPOINTS[f"{method} {path}"] = endpoint
        app.route(path.replace("{id}", "<id>"), method=method)(_answer)
        return endpoint

    return registered


def _answer(**_path: str) -> Response[Any]:
    def asked() -> Answer:
        request = _request()
        return ENDPOINTS[request.route](request)

    made = answered(asked)
    return Response(status_code=made["statusCode"], headers=made["headers"], body=made.get("body", ""))


@app.not_found
def _with_an_id_beyond_powertools(_fault: Exception) -> Response[Any]:
    """API Gateway has chosen the route; Powertools' patterns don't match each id that can stand in a path."""
    return _answer()


@_route("GET", "/health")
def health(_request: Request) -> Answer:
    return json_answer(200, {"status": "ok", "time": written(wall_clock())})


@_route("GET", "/openapi.json")
def show_description(request: Request) -> Answer:
    return served.description(request)


@_route("GET", "/docs")
def show_docs(request: Request) -> Answer:
    return served.page(request)


@_route("POST", "/jobs")
def enqueue(request: Request) -> Answer:
    body = bodies.checked(bodies.EnqueueBody, request.json_object())
    order = Order(
        body.type,
        body.payload,
        body.run_at,
        body.delay_seconds,
        body.priority,
        body.max_attempts,
        body.lease_seconds,
    )
    job, is_new = wiring.jobs().enqueue(order, request.caller, request.headers.get("idempotency-key"))
    return json_answer(201 if is_new else 200, job_view(job))


@_route("GET", "/jobs")
def list_jobs(request: Request) -> Answer:
    asked = bodies.checked(bodies.ListQuery, request.query)
    jobs, cursor = wiring.jobs().page(
        request.caller,
        status=asked.status,
        job_type=asked.type,
        code=asked.code,
        limit=asked.limit,
        cursor=asked.cursor,
    )
    return json_answer(200, {"jobs": [job_view(job) for job in jobs], "cursor": cursor})


@_route("POST", "/jobs/redrive")
def redrive_many(request: Request) -> Answer:
    body = bodies.checked(bodies.RedriveManyBody, request.json_object(optional=True))
    redriven = wiring.jobs().redrive_many(request.caller, job_type=body.type, code=body.code, limit=body.limit)
    return json_answer(200, {"redriven": redriven})


@_route("GET", "/jobs/{id}")
def show_job(request: Request) -> Answer:
    return json_answer(200, job_view(wiring.jobs().get(request.id, request.caller), with_history=True))


@_route("POST", "/jobs/{id}/cancel")
def cancel(request: Request) -> Answer:
    return json_answer(200, job_view(wiring.jobs().cancel(request.id, request.caller)))


@_route("POST", "/jobs/{id}/redrive")
def redrive(request: Request) -> Answer:
    body = bodies.checked(bodies.RedriveBody, request.json_object(optional=True))
    return json_answer(200, job_view(wiring.jobs().redrive(request.id, request.caller, body.max_attempts)))


@_route("GET", "/stats")
def stats(request: Request) -> Answer:
    return json_answer(200, {"types": wiring.jobs().stats(request.caller), "at": written(wall_clock())})


@_route("GET", "/types")
def types(_request: Request) -> Answer:
    return json_answer(200, {"types": [type_view(each) for each in registry()]})


@_route("POST", "/assets")
def invite_upload(request: Request) -> Answer:
    body = bodies.checked(bodies.UploadBody, request.json_object())
    return json_answer(201, wiring.asset_desk().invite(body.file_name, body.content_type, request.caller))


@_route("GET", "/assets")
def list_assets(request: Request) -> Answer:
    asked = bodies.checked(bodies.PageQuery, request.query)
    return json_answer(200, wiring.asset_desk().page(asked.limit, asked.cursor))


@_route("GET", "/assets/{id}")
def show_asset(request: Request) -> Answer:
    return json_answer(200, wiring.asset_desk().show(request.id))


@_route("GET", "/assets/{id}/thumbnail")
def show_thumbnail(request: Request) -> Answer:
    address = wiring.asset_desk().thumbnail_address(request.id, request.query.get("variant"))
    return json_answer(302, {"url": address}, {"location": address})


@_route("POST", "/assets/{id}/thumbnail")
def make_again(request: Request) -> Answer:
    return json_answer(201, job_view(wiring.asset_desk().make_again(request.id, request.caller)))


@_route("POST", "/tokens")
def mint_token(request: Request) -> Answer:
    body = bodies.checked(bodies.TokenBody, request.json_object())
    for nth, name in enumerate(body.types):
        if name not in registry():
            raise invalid_field(f"types.{nth}", f"no job type is named {name!r}", code="unknown_job_type")
    token, shown = wiring.tokens().mint(
        body.role,
        body.label,
        types=tuple(body.types),
        worker_ids=tuple(body.worker_ids),
        expires_in_days=body.expires_in_days,
    )
    return json_answer(201, {**token_view(token), "token": shown})


@_route("GET", "/tokens")
def list_tokens(_request: Request) -> Answer:
    return json_answer(200, {"tokens": [token_view(token) for token in wiring.tokens().all()]})


@_route("POST", "/tokens/{id}/rotate")
def rotate_token(request: Request) -> Answer:
    token, shown = wiring.tokens().rotate(_token_id(request))
    return json_answer(201, {**token_view(token), "token": shown})


@_route("DELETE", "/tokens/{id}")
def revoke_token(request: Request) -> Answer:
    token_id = _token_id(request)
    wiring.tokens().revoke(token_id)
    return json_answer(200, {"tokenId": token_id, "revoked": True})


def _token_id(request: Request) -> str:
    """The id in the path. Raises NotFound where it can't be one: a table takes no key of any text and length."""
    if not is_id(request.id):
        raise NotFound("there is no token of that id", code="token_not_found")
    return request.id


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """API Gateway's request, payload format 2.0."""
    answer = app.resolve(event, context)
    logger.info("answered", route=event.get("routeKey"), status=answer["statusCode"])
    return answer
