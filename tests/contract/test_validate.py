"""The check of answers against the contract: it lets a good one pass and finds the faults of others."""

import pytest

from tests.contract.validate import check_response, template_of

GOOD = {"X-Request-Id": "8a6f0c3b", "Content-Type": "application/json"}


def test_the_check_lets_a_good_answer_pass() -> None:
    check_response("GET", "/health/live", 200, GOOD, b'{"status": "live"}')
    check_response(
        "get", "/health/live", 200, {k.lower(): v for k, v in GOOD.items()}, '{"status": "x"}'
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "headers", "body", "said"),
    [
        ("GET", "/v1/nothing", 200, GOOD, b"{}", "no such call"),
        ("POST", "/health/live", 200, GOOD, b"{}", "no such call"),
        ("GET", "/health/live", 418, GOOD, b"{}", "no such status"),
        ("GET", "/health/live", 200, GOOD, b"{}", "'status' is a required property"),
        (
            "GET",
            "/health/live",
            200,
            {"Content-Type": "application/json"},
            b'{"status": ""}',
            "X-Request-Id",
        ),
        ("GET", "/health/live", 200, {**GOOD, "Content-Type": "text/html"}, b"", "media type"),
        ("GET", "/health/live", 500, GOOD, b"{}", "media type"),
    ],
)
def test_the_check_finds(
    method: str, path: str, status: int, headers: dict[str, str], body: bytes, said: str
) -> None:
    with pytest.raises(AssertionError, match=said):
        check_response(method, path, status, headers, body)


def test_a_path_finds_its_template() -> None:
    assert template_of("/v1/lookups/batch") == "/v1/lookups/batch"
    assert (
        template_of("/v1/lookups/01939c7e-5d3c-7f08-9e61-4a7b0c2d8e59") == "/v1/lookups/{lookup_id}"
    )
    assert template_of("/v1/lookups/1/2") is None
