"""The conformance suite passes our collector in every item, and fails servers that are wrong."""

import json
import subprocess
import sys

import pytest
from tests.collector.conformance.wrong_servers import LIMIT, wrong_server

from relaylens_collector.conformance.__main__ import FAMILIES, run_item
from relaylens_collector.conformance.items import ITEMS, Verdict
from relaylens_collector.conformance.target import Target

COLLECTOR = f"{sys.executable} -m relaylens_collector --store {{folder}} --otlp-http-port {{http}} --otlp-grpc-port {{grpc}}"
OPTIONS = {
    "--serve": COLLECTOR,
    "--trace-url": "{http}/api/v1/traces/{trace_id}",
    "--serve-max-body": "--max-body-bytes {bytes}",
    "--serve-in-flight": "--in-flight-bytes {bytes}",
    "--serve-auth": "--token {token}",
    "--serve-tls": "--tls-certificate {certificate} --tls-key {key}",
    "--ready": "/readyz",
    "--alive": "/healthz",
}
ROUTES = ("/api/v1/sql", "/api/v1/labels", "/api/v1/traces/" + "0" * 31 + "1", "/metrics", "/healthz", "/readyz")

WRONG = [
    # transport
    ("any content type", "C08"),
    # responses
    ("always partial", "C13"),
    ("always protobuf", "C14"),
    ("silent", "C15"),
    ("bad data is our error", "C21"),
    ("bad data is our error", "C22"),
    # pressure
    ("no limit", "C23"),
    # JSON: protobuf's own reader takes hex ids for base64, names for enums and snake_case for fields
    ("none", "C32"),
    ("none", "C33"),
    ("knows all fields", "C34"),
    ("none", "C35"),
    # data model
    ("none", "C45"),
    ("none", "C46"),
    ("overwrites", "C47"),
    ("forgets state", "C48"),
    # over time
    ("none", "C56"),
]


@pytest.mark.timeout(600)
def test_our_collector_holds_every_item() -> None:
    """64 of 64, each tested against a running collector."""
    command = [sys.executable, "-m", "relaylens_collector.conformance", "--json"]
    command += [f"{name}={value}" for name, value in OPTIONS.items()] + [f"--route={route}" for route in ROUTES]

    ran = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False)

    results = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [] == [(one["item"], one["verdict"], one["reason"]) for one in results if one["verdict"] != "passed"], ran.stderr
    assert [f"C{number:02}" for number in range(1, 65)] == [one["item"] for one in results]
    assert 0 == ran.returncode


@pytest.mark.parametrize(("fault", "code"), WRONG)
def test_a_wrong_server_fails(fault: str, code: str) -> None:
    """The item that a fault breaks is found broken."""
    with wrong_server(fault) as address:
        target = Target(address, "127.0.0.1:9", trace_url="{http}/traces/{trace_id}", max_body=LIMIT)
        result = run_item(ITEMS[code], target)
    assert Verdict.FAILED is result.verdict
    assert result.reason


@pytest.mark.parametrize("code", ["C06", "C07", "C08", "C13", "C14", "C15", "C34", "C42", "C43", "C48", "C51", "C52"])
def test_a_right_answer_passes(code: str) -> None:
    """The same server without a fault passes what it does right (over HTTP)."""
    with wrong_server("none") as address:
        target = Target(address, "127.0.0.1:9", trace_url="{http}/traces/{trace_id}", max_body=LIMIT)
        result = run_item(ITEMS[code], target)
    assert (Verdict.PASSED, "") == (result.verdict, result.reason)


@pytest.mark.parametrize("code", ["C25", "C42", "C55", "C62", "C63", "C64"])
def test_what_cannot_be_tested_is_not_passed(code: str) -> None:
    """An item that needs more than an address says what."""
    with wrong_server("none") as address:
        result = run_item(ITEMS[code], Target(address, "127.0.0.1:9"))
    assert Verdict.UNTESTED is result.verdict
    assert result.reason.startswith("--")


def test_every_item_of_the_checklist_is_there() -> None:
    """64 items in six families."""
    assert 6 == len(FAMILIES)
    assert [f"C{number:02}" for number in range(1, 65)] == sorted(ITEMS)
