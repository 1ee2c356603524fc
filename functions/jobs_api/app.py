"""Every route that is not a worker's: jobs, assets, tokens, stats, health."""

import os
from collections.abc import Callable
from typing import Any

from leasehold import wiring
from leasehold.errors import NotFound, invalid_field
from leasehold.http import asks, edge
from leasehold.http.answers import Answer, Endpoint, json_answer
from leasehold.http.request import Request
from leasehold.ids import is_id
from leasehold.log import Log
from leasehold.openapi import served
from leasehold.settings import registry
from leasehold.times import wall_clock, written
from leasehold.views import job_view, listed_view, token_view, type_view

log = Log(os.environ.get("POWERTOOLS_SERVICE_NAME", "jobs-api"))
ENDPOINTS: dict[str, Endpoint] = {}


def _route(method: str, path: str) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint under its route's name."""

    def registered(endpoint: Endpoint) -> Endpoint:
        ENDPOINTS[f"{method} {path}"] = endpoint
        return endpoint

    return registered


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
    order = asks.order(request.json_object())
    job, is_new = wiring.jobs().enqueue(order, request.caller, request.headers.get("idempotency-key"))
    log.about(correlation_id=job.job_id)
    return json_answer(201 if is_new else 200, job_view(job))


@_route("GET", "/jobs")
def list_jobs(request: Request) -> Answer:
    asked = asks.jobs_page(request.query)
    jobs, cursor = wiring.overview().page(
        request.caller,
        status=asked.status,
        job_type=asked.type,
        code=asked.code,
        limit=asked.limit,
        cursor=asked.cursor,
    )
    return json_answer(200, {"jobs": [listed_view(job) for job in jobs], "cursor": cursor})


@_route("POST", "/jobs/redrive")
def redrive_many(request: Request) -> Answer:
    asked = asks.redrive_many(request.json_object(optional=True))
    dead = wiring.overview().dead(request.caller, job_type=asked.type, code=asked.code)
    redriven = wiring.jobs().redrive_many(dead, asked.limit)
    return json_answer(200, {"redriven": redriven})


@_route("GET", "/jobs/{id}")
def show_job(request: Request) -> Answer:
    return json_answer(200, job_view(wiring.jobs().get(request.id, request.caller)))


@_route("POST", "/jobs/{id}/cancel")
def cancel(request: Request) -> Answer:
    return json_answer(200, job_view(wiring.jobs().cancel(request.id, request.caller)))


@_route("POST", "/jobs/{id}/redrive")
def redrive(request: Request) -> Answer:
    max_attempts = asks.redrive(request.json_object(optional=True))
    return json_answer(200, job_view(wiring.jobs().redrive(request.id, request.caller, max_attempts)))


@_route("GET", "/stats")
def stats(request: Request) -> Answer:
    return json_answer(200, {"types": wiring.overview().stats(request.caller), "at": written(wall_clock())})


@_route("GET", "/types")
def types(_request: Request) -> Answer:
    return json_answer(200, {"types": [type_view(each) for each in registry()]})


@_route("POST", "/assets")
def invite_upload(request: Request) -> Answer:
    asked = asks.upload(request.json_object())
    invitation = wiring.asset_desk().invite(asked.file_name, asked.content_type, request.caller)
    log.about(asset_id=invitation["assetId"])
    return json_answer(201, invitation)


@_route("GET", "/assets")
def list_assets(request: Request) -> Answer:
    asked = asks.page(request.query)
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
    job = wiring.asset_desk().make_again(request.id, request.caller)
    log.about(correlation_id=job.job_id)
    return json_answer(201, job_view(job))


@_route("POST", "/tokens")
def mint_token(request: Request) -> Answer:
    request.caller.check_unlimited()
    asked = asks.token(request.json_object())
    for nth, name in enumerate(asked.types):
        if name not in registry():
            raise invalid_field(f"types.{nth}", f"no job type is named {name!r}", code="unknown_job_type")
    token, shown = wiring.tokens().mint(
        asked.role,
        asked.label,
        types=tuple(asked.types),
        worker_ids=tuple(asked.worker_ids),
        expires_in_days=asked.expires_in_days,
    )
    return json_answer(201, {**token_view(token), "token": shown})


@_route("GET", "/tokens")
def list_tokens(_request: Request) -> Answer:
    return json_answer(200, {"tokens": [token_view(token) for token in wiring.tokens().all()]})


@_route("POST", "/tokens/{id}/rotate")
def rotate_token(request: Request) -> Answer:
    request.caller.check_unlimited()
    token, shown = wiring.tokens().rotate(_token_id(request))
    return json_answer(201, {**token_view(token), "token": shown})


@_route("DELETE", "/tokens/{id}")
def revoke_token(request: Request) -> Answer:
    request.caller.check_unlimited()
    token_id = _token_id(request)
    wiring.tokens().revoke(token_id)
    return json_answer(200, {"tokenId": token_id, "revoked": True})


def _token_id(request: Request) -> str:
    """The id in the path. Raises NotFound where it can't be one: a table takes no key of any text and length."""
    if not is_id(request.id):
        raise NotFound("there is no token of that id", code="token_not_found")
    return request.id


wiring.made_at_start(wiring.jobs, wiring.tokens, with_credentials=[wiring.asset_desk])


def handler(event: dict[str, Any], context: Any) -> Answer:
    """API Gateway's request, payload format 2.0."""
    return edge.answer(event, context, ENDPOINTS, log)
