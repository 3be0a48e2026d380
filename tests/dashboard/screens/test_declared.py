"""Network and Agents beside a declared network: what is not declared is marked, what is declared and missing is drawn."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relaylens_analytics.specification import SPECIFICATION_FILE

from .conftest import Open

DECLARED = '[support]\nagents = ["triage", "billing"]\nhandoffs = ["triage -> billing", "billing -> human", "billing -> triage"]\n'


@pytest.fixture(scope="module")
def declared(relaylens: Callable[..., Any], network_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose network is declared otherwise than it is."""
    folder = Path(shutil.copytree(network_store, tmp_path_factory.mktemp("declared") / "store"))
    (folder / SPECIFICATION_FILE).write_text(DECLARED, encoding="utf-8")
    assert 0 == relaylens("rebuild", "--store", folder).code
    return folder


def test_the_map_marks_what_nobody_declared_and_draws_what_is_missing(open_screen: Open, declared: Path) -> None:
    """An agent and a way that nobody declared are marked; a way that no work took is drawn as not used."""
    (drawn,) = open_screen("network", url=declared, range="all").components["network_map"]
    agents = {agent["name"]: (agent["undeclared"], agent["below"]) for agent in drawn["agents"]}
    ways = {(edge["source"], edge["target"]): (edge["undeclared"], edge["label"]["text"]) for edge in drawn["edges"]}

    assert agents["docs"] == (True, "not declared")
    assert agents["billing"] == (False, "no turn seen")
    assert not agents["triage"][0]
    assert ways["triage", "docs"] == (True, "100 % · 1")
    assert ways["billing", "triage"] == (False, "not used")
    assert not ways["triage", "billing"][0]
    assert "seen, and not declared" in [entry["says"] for entry in drawn["legend"]]


def test_conformance_is_a_headline_where_a_network_is_declared(open_screen: Open, declared: Path, network_store: Path) -> None:
    """And only there."""
    assert ("50.0 %", "1 of 2") == open_screen("network", url=declared, range="all").tiles()["Conformance"]
    assert "Conformance" not in open_screen("network", url=network_store, range="all").tiles()


def test_the_scorecard_says_who_is_not_declared(open_screen: Open, declared: Path) -> None:
    """Below the agent's name, before its models."""
    (table,) = open_screen("agents", url=declared, range="all").components["table"]
    under = {row["cells"][0]["text"]: row["cells"][0].get("under") or "" for row in table["rows"]}

    assert under["docs"].startswith("not declared")
    assert under["triage"] == ""
