"""`relaylens network` on a store whose folder declares its network, and on one that declares nothing."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relaylens_analytics.specification import SPECIFICATION_FILE

Relaylens = Callable[..., Any]

DECLARED = """
[support]
agents = ["triage", "billing"]
handoffs = ["triage -> billing", "billing -> human"]

[support.required]
"answer a ticket" = ["reviewer"]
"""


@pytest.fixture(scope="module")
def store(relaylens: Relaylens, network_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is held to a network as a whole: it is declared, and the database made anew."""
    folder = Path(shutil.copytree(network_store, tmp_path_factory.mktemp("declared") / "store"))
    (folder / SPECIFICATION_FILE).write_text(DECLARED, encoding="utf-8")
    assert 0 == relaylens("rebuild", "--store", folder).code
    return folder


def listed(relaylens: Relaylens, store: Path, *arguments: str) -> list[dict[str, Any]]:
    """Give what a command says, by its columns."""
    done = relaylens(*arguments, "--store", store, "--format", "json")
    assert 0 == done.code, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


def states(rows: list[dict[str, Any]]) -> dict[tuple[str, str, str | None], str]:
    """The state of each agent and way."""
    return {(row["kind"], row["name"], row["to"]): row["state"] for row in rows}


def test_what_differs_from_the_declared_network_is_listed(relaylens: Relaylens, store: Path) -> None:
    """Who ran undeclared, and what is declared and did not run; with --all also what is as declared."""
    differing = {
        ("agent", "docs", None): "undeclared",
        ("agent", "billing", None): "not_seen",
        ("handoff", "triage", "docs"): "undeclared",
        ("handoff", "billing", "human"): "not_seen",
    }

    assert differing == states(listed(relaylens, store, "network"))
    same = {("agent", "triage", None): "as_declared", ("handoff", "triage", "billing"): "as_declared"}
    assert differing | same == states(listed(relaylens, store, "network", "--all"))


def test_deviations_are_findings_and_make_conformance(relaylens: Relaylens, store: Path) -> None:
    """Of two runs one deviates, by an agent that nobody declared and by one that it lacks; neither is a silent failure."""
    found = {row["detector"]: row["agent"] for row in listed(relaylens, store, "findings")}

    assert {"undeclared_agent": "docs", "skipped_agent": "reviewer"} == {
        name: agent for name, agent in found.items() if name in {"undeclared_agent", "undeclared_handoff", "skipped_agent"}
    }
    (whole,) = listed(relaylens, store, "metrics", "conformance_rate")
    assert (1, 2) == (whole["numerator"], whole["denominator"])
    by = {
        row["key"]: (row["numerator"], row["denominator"])
        for row in listed(relaylens, store, "metrics", "conformance_rate", "--by", "detector")
    }
    assert {"skipped_agent": (1, 2), "undeclared_agent": (1, 2), "undeclared_handoff": (2, 2)} == by
    (silent,) = listed(relaylens, store, "metrics", "silent_failure_rate")
    assert (0, 1) == (silent["numerator"], silent["denominator"])


def test_runs_that_settled_before_are_not_counted(relaylens: Relaylens, network_store: Path, tmp_path: Path) -> None:
    """What was not held to a declaration says nothing about it: it counts from the next settling on, or for all after a rebuild."""
    folder = Path(shutil.copytree(network_store, tmp_path / "store"))
    (folder / SPECIFICATION_FILE).write_text(DECLARED, encoding="utf-8")
    (tmp_path / "empty.pb").write_bytes(b"")
    assert 0 == relaylens("import", tmp_path / "empty.pb", "--store", folder).code

    assert 6 == sum(row["state"] != "not_held" for row in listed(relaylens, folder, "network", "--all"))
    assert [] == listed(relaylens, folder, "metrics", "conformance_rate")


def test_a_declaration_is_made_of_what_good_runs_did(relaylens: Relaylens, network_store: Path, tmp_path: Path) -> None:
    """The file that is printed declares the network that was seen: with it, nothing of the good runs differs."""
    folder = Path(shutil.copytree(network_store, tmp_path / "store"))
    done = relaylens("network", "--declare", "--store", folder, "--out", folder / SPECIFICATION_FILE)
    assert 0 == done.code, done.err
    assert 0 == relaylens("rebuild", "--store", folder).code

    assert {
        ("agent", "docs", None): "as_declared",
        ("agent", "triage", None): "as_declared",
        ("handoff", "triage", "docs"): "as_declared",
    } == {key: state for key, state in states(listed(relaylens, folder, "network", "--all")).items() if key[1:] != ("triage", "billing")}


def test_a_store_that_declares_nothing_says_how_to_begin(relaylens: Relaylens, network_store: Path) -> None:
    """And lists, when asked for all, what was seen."""
    done = relaylens("network", "--store", network_store)

    assert (0, "") == (done.code, done.out)
    assert "relaylens network --declare --out network.toml" in done.err
    assert {"not_held"} == set(states(listed(relaylens, network_store, "network", "--all")).values())
