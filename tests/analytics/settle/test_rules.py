"""The rule files keep to their form, and the page about them is current."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from relaylens import semconv
from relaylens_analytics import rule_page
from relaylens_analytics.detectors import catalogue
from relaylens_analytics.settle import BESIDE, GROUPING, MARTS, NOUNS, STAGES
from relaylens_analytics.stages import Stage, detector_feature, needed_features, specified_feature

SQL = files("relaylens_analytics") / "sql"
PAGE = Path(__file__).parents[3] / "docs" / "settling.md"


def names(folder: str) -> set[str]:
    """The SQL files of a folder, without their ending."""
    return {entry.name.removesuffix(".sql") for entry in (SQL / folder).iterdir() if entry.name.endswith(".sql")}


def test_page_of_rules_is_current() -> None:
    """The page says what the files say; `python -m relaylens_analytics.rule_page docs/settling.md` writes it."""
    page = PAGE.read_text(encoding="utf-8")

    assert rule_page.renewed(page) == page


def test_every_folder_of_rules_is_in_the_page_and_runs() -> None:
    """No folder of rules is forgotten by the page or by settling."""
    folders = {entry.name for entry in (SQL / "rules").iterdir()}
    run = {stage.split(":")[1] for stage in (*STAGES, *MARTS) if stage.startswith("rules:")}

    assert folders == set(rule_page.FOLDERS) == run


def test_every_file_runs() -> None:
    """Every staging and mart file is a stage, and every noun is created."""
    stages = {stage for stage in (*GROUPING, *STAGES, *MARTS) if ":" not in stage}
    marts = {stage.removeprefix("marts:") for stage in MARTS if stage.startswith("marts:")}

    others = {"label_sum", "spread_labels", "finding_shape", "released", "moved_findings", "recounted_runs", *BESIDE}
    assert names("staging") == stages | others
    assert names("marts") == set(NOUNS) >= marts


def test_what_a_file_needs_is_there() -> None:
    """A need is a feature that is looked for, or a table that an earlier stage fills."""
    features = set(re.findall(r"'([a-z ]+)'", (SQL / "staging" / "work_features.sql").read_text(encoding="utf-8")))
    known = {value for value in vars(semconv).values() if isinstance(value, str)} | set(semconv.FOREIGN) | features
    known |= {key for keys in semconv.CONVENTIONS.values() for key in keys} | {"llm.output_messages.", "smolagents.managed_agents."}
    order = [*GROUPING, *STAGES, *MARTS, *(f"marts:{noun}" for noun in NOUNS if f"marts:{noun}" not in MARTS)]
    filled = {"nothing", *(detector_feature(detector.name) for detector in catalogue())}
    filled |= {specified_feature(part) for part in semconv.SpecificationPart}
    for name in order:
        stage = Stage.named(name)
        for query in stage.queries:
            for need in (one for needs in query.needs for one in needs):
                kind, _, value = need.partition(" ")
                named = value if kind in {"operation", "kind"} else need
                assert named in known | filled or (kind == "kind" and value.isupper()) or kind == "operation", (query.name, need)
        filled.add(stage.table)
    assert {"operation escalate", "relaylens.handoff.id", "work_tools"} <= set(needed_features())


def test_detectors_are_in_the_vocabulary() -> None:
    """Every detector's file has its name from the vocabulary."""
    assert names("findings") == {str(detector) for detector in semconv.Detector}


@pytest.mark.parametrize("folder", sorted(rule_page.FOLDERS))
def test_rules_open_with_a_sentence(folder: str) -> None:
    """A rule's first line says when it matches."""
    for entry in (SQL / "rules" / folder).iterdir():
        assert entry.read_text(encoding="utf-8").startswith("-- "), entry.name


def test_attribute_names_are_in_the_vocabulary() -> None:
    """A quoted name of an attribute, event or span in the SQL of settling stands in `relaylens.semconv`."""
    known = {value for value in vars(semconv).values() if isinstance(value, str)} | set(semconv.FOREIGN)
    known |= {key for keys in semconv.CONVENTIONS.values() for key in keys}
    quoted: dict[str, str] = {}
    for folder in ("staging", "marts", "findings", "nouns", *(f"rules/{folder}" for folder in rule_page.FOLDERS)):
        for name in names(folder):
            text = re.sub(r"--[^\n]*", "", (SQL / folder / f"{name}.sql").read_text(encoding="utf-8"))
            quoted |= dict.fromkeys(re.findall(r"'([a-z_][a-z0-9_]*(?:\.[A-Za-z_]+)+\.?)'", text), f"{folder}/{name}.sql")

    assert {name: file for name, file in quoted.items() if name not in known} == {}
    assert set(semconv.FOREIGN) - set(quoted) <= {"crew_agents", "crew_tasks"}
