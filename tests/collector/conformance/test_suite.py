"""The conformance suite passes our collector in every item, and fails servers that are wrong."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.collector.clients.environments import CLIENTS, has_node
from tests.collector.conformance.faults import FAULTS
from tests.collector.conformance.small_server.running import running

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


WITH_HELP = {"C18", "C24", "C30", "C59"}
"""Items for which the small server in this process has not all that is needed."""


@pytest.mark.timeout(600)
def test_our_collector_holds_every_item() -> None:
    """64 of 64, each tested against a running collector."""
    command = [sys.executable, "-m", "relaylens_collector.conformance", "--json"]
    command += [f"{name}={value}" for name, value in OPTIONS.items()] + [f"--route={route}" for route in ROUTES]
    command += [
        f"--client={client.name}={sys.executable} -m tests.collector.clients '{client.name}' {{http}} {{grpc}}"
        for client in CLIENTS
        if has_node() or not client.name.startswith("javascript")
    ]

    ran = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False)

    results = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [] == [(one["item"], one["verdict"], one["reason"]) for one in results if one["verdict"] != "passed"], ran.stderr
    assert [f"C{number:02}" for number in range(1, 65)] == [one["item"] for one in results]
    assert 0 == ran.returncode


@pytest.mark.parametrize(("code", "fault", "said"), FAULTS)
def test_a_wrong_server_fails(code: str, fault: str, said: str) -> None:
    """The item that a fault breaks is found broken, for what is wrong."""
    with running(fault) as target:
        result = run_item(ITEMS[code], replace(target, patience=1.5, idle=2.0))
    assert (Verdict.FAILED, said) == (result.verdict, said if said in result.reason else result.reason)


def test_every_item_has_a_server_that_fails_it() -> None:
    """No item is a check that cannot fail."""
    assert set(ITEMS) == {code for code, _, _ in FAULTS}


@pytest.mark.parametrize("code", sorted(ITEMS))
def test_another_server_that_is_right_passes(code: str) -> None:
    """The small server shares nothing with our collector: what the suite asks for is not how ours happens to be."""
    with running("none") as target:
        result = run_item(ITEMS[code], replace(target, idle=2.0))
    assert (Verdict.UNTESTED if code in WITH_HELP else Verdict.PASSED) == result.verdict, result.reason


@pytest.mark.parametrize("code", ["C15", "C22", "C24", "C25", "C32", "C42", "C44", "C45", "C48", "C55", "C59", "C62", "C63", "C64"])
def test_what_cannot_be_seen_is_not_passed(code: str) -> None:
    """An item of which an address shows only a part, or nothing, says what it needs."""
    with running("none") as target:
        result = run_item(ITEMS[code], replace(target, trace_url=None, options=None))
    assert Verdict.UNTESTED is result.verdict, result.reason
    assert result.reason.startswith("needs --")


def test_a_server_that_never_answers_does_not_hold_up_the_suite() -> None:
    """An item ends at its deadline, as failed."""
    with running("never answers") as target:
        result = run_item(ITEMS["C02"], target, 0.5)
    assert (Verdict.FAILED, "no verdict after 0.5 s") == (result.verdict, result.reason)


def test_where_nobody_listens_every_item_has_a_verdict() -> None:
    """No item ends in anything but a verdict with a reason, and none passes."""
    target = Target("http://127.0.0.1:9", "127.0.0.1:9", trace_url="{http}/traces/{trace_id}", max_body=1 << 20, patience=0.1)
    results = [run_item(item, target, 20) for item in ITEMS.values()]
    assert [] == [(one.item.code, one.reason) for one in results if one.verdict is Verdict.PASSED or not one.reason]


def test_every_item_of_the_checklist_is_there() -> None:
    """64 items in seven families."""
    assert 7 == len(FAMILIES)
    assert [f"C{number:02}" for number in range(1, 65)] == sorted(ITEMS)
