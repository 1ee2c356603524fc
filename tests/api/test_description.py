"""The description is valid, complete, and the one that the code gives."""

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from leasehold import errors
from leasehold.access import ROLES_BY_ROUTE
from scripts import write_openapi
from tests.api import described
from tests.api.in_process import routes
from tests.template_file import ROOT, resources

# The console's own files: what is below /console is the console's business.
_NOT_DESCRIBED = {"GET /console/", "GET /console/{proxy+}"}

_CONTRACT = {
    400: {"malformed_json"},
    403: {"forbidden"},
    404: {"job_not_found", "asset_not_found", "not_ready", "token_not_found"},
    409: {"lease_conflict", "already_finished", "not_in_dlq"},
    413: {"payload_too_large"},
    422: {"validation_error", "unknown_job_type", "idempotency_key_reused"},
    429: {"throttled"},
    500: {"server_error"},
    503: {"unavailable"},
}


def test_it_is_valid_openapi_3_1() -> None:
    OpenAPIV31SpecValidator(described.document()).validate()
    assert described.document()["openapi"].startswith("3.1.")


@pytest.mark.parametrize("name", ["openapi.json", "docs.html"])
def test_the_written_files_are_up_to_date(name: str) -> None:
    written = (write_openapi.FOLDER / name).read_text("utf-8")
    assert written == write_openapi.files()[name], "run: .venv/bin/python -m scripts.write_openapi"


def test_it_describes_the_routes_of_the_template_and_no_other() -> None:
    assert set(described.operations()) == set(routes()) - _NOT_DESCRIBED


def test_it_names_the_roles_of_each_route_and_leaves_the_open_ones_open() -> None:
    named = {
        route: {role for each in operation["security"] for role in each["bearer"]}
        for route, operation in described.operations().items()
    }
    assert named == {route: set(ROLES_BY_ROUTE.get(route, ())) for route in described.operations()}
    guarded = {
        each["Properties"]["RouteKey"]
        for each in resources("AWS::ApiGatewayV2::Route").values()
        if each["Properties"].get("AuthorizationType") == "CUSTOM"
    }
    assert {route for route, roles in named.items() if roles} == guarded == set(ROLES_BY_ROUTE)


def test_it_works_under_any_path_prefix() -> None:
    assert [each["url"] for each in described.document()["servers"]] == ["."]


def test_every_error_code_comes_with_its_status_somewhere_and_no_other_code_does() -> None:
    found: dict[int, set[str]] = {}
    for route in described.operations():
        for status in described.responses(route):
            for code in described.codes(route, status):
                found.setdefault(status, set()).add(code)
    assert found == _CONTRACT


def test_every_error_class_of_the_domain_has_its_status_described() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    assert {each.status for each in classes if issubclass(each, errors.LeaseholdError)} <= set(_CONTRACT)


def test_each_operation_has_a_name_words_a_tag_and_every_id_of_its_path() -> None:
    operations = described.operations()
    names = [each["operationId"] for each in operations.values()]
    assert len(set(names)) == len(names)
    tags = {each["name"] for each in described.document()["tags"]}
    for route, operation in operations.items():
        assert operation["summary"]
        assert set(operation["tags"]) <= tags
        item = described.document()["paths"][route.split(" ")[1]]
        in_path = {described.resolved(each)["name"] for each in item.get("parameters", [])}
        assert in_path == set(re.findall(r"\{(\w+)\}", route))


def test_each_answer_that_asks_to_wait_says_for_how_long() -> None:
    for route in described.operations():
        for status in (429, 503):
            if described.codes(route, status):
                assert "Retry-After" in described.responses(route)[status]["headers"]


def _examples() -> list[Any]:
    found = []
    for route, operation in described.operations().items():
        told = {"request": operation.get("requestBody", {})}
        told |= {str(status): response for status, response in described.responses(route).items()}
        for name, each in told.items():
            for content in each.get("content", {}).values():
                for label, example in content.get("examples", {}).items():
                    found.append(pytest.param(content["schema"], example["value"], id=f"{route}, {name}, {label}"))
    for name, parameter in described.document()["components"]["parameters"].items():
        if "example" in parameter:
            found.append(pytest.param(parameter["schema"], parameter["example"], id=name))
    return found


@pytest.mark.parametrize(("schema", "example"), _examples())
def test_each_example_fits_its_schema(schema: Any, example: Any) -> None:
    described.validator(schema).validate(example)


def test_each_request_and_each_error_has_an_example() -> None:
    for route, operation in described.operations().items():
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"]
        for status, response in described.responses(route).items():
            for media_type, content in response.get("content", {}).items():
                if media_type == "application/json" and route != "GET /openapi.json":
                    assert content["examples"], f"{route} {status}"
                    assert set(described.codes(route, status)) <= set(content["examples"])


def test_the_reference_names_every_route_and_every_error_code() -> None:
    reference = (ROOT / "docs" / "api.md").read_text("utf-8")
    for route in described.operations():
        assert f"`{route}`" in reference, route
    for code in set().union(*_CONTRACT.values()):
        assert f"`{code}`" in reference, code
