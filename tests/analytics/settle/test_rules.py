"""The rule files keep to their form, and the page about them is current."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from relaylens import semconv
from relaylens_analytics import rule_page
from relaylens_analytics.settle import MARTS, NOUNS, STAGES

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
    stages = {stage for stage in (*STAGES, *MARTS) if ":" not in stage}
    grouping = {"changed_traces", "changed_keys", "affected_traces", "grow_affected", "affected_keys", "start_labels", "label_sum"}
    grouping |= {"spread_labels", "work_components", "touched_conversations"}
    marts = {stage.removeprefix("marts:") for stage in MARTS if stage.startswith("marts:")} | {"findings"}

    assert names("staging") == stages - {"findings"} | grouping
    assert names("marts") == marts == set(NOUNS)


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
            quoted |= dict.fromkeys(re.findall(r"'([a-z_]+(?:\.[A-Za-z_]+)+\.?)'", text), f"{folder}/{name}.sql")

    assert {name: file for name, file in quoted.items() if name not in known} == {}
    assert set(semconv.FOREIGN) - set(quoted) <= {"crew_agents", "crew_tasks"}
