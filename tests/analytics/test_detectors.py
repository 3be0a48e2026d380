"""The catalogue of detectors, the files of SQL, what a user sets and the page of documentation say the same."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from tests.analytics.settle.building import agent, settle_spans, span, tool
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_analytics import detector_page
from relaylens_analytics.detectors import SETTINGS_FILE, Detector, Layer, On, Parameter, Reads, catalogue, read, setup
from relaylens_analytics.errors import DetectorFileError, DetectorSettingsError
from relaylens_collector.store import Store

SQL = files("relaylens_analytics") / "sql"
PAGE = Path(__file__).parents[2] / "docs" / "detectors.md"

HEADER = """-- The same again.
-- id: L1
-- layer: run
-- reads: structure, content
-- on: measured
-- parameter: least_times = 3, how often, at least
-- parameter: tools = ["a", "b"], whose
-- exempt: polling
-- needs: work_tools
SELECT 1
"""


def test_a_header_is_read() -> None:
    """Every line of a header is a field of the entry."""
    parameters = (Parameter("least_times", 3, "how often, at least"), Parameter("tools", ["a", "b"], "whose"))
    expected = Detector(
        "L1", "again", "The same again.", Layer.RUN, (Reads.STRUCTURE, Reads.CONTENT), On.MEASURED, parameters, exempt=("polling",)
    )

    assert expected == read("again", HEADER)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("-- id: L1\n", "", "has to say each of id, layer, reads, on once"),
        ("-- on: measured", "-- on: perhaps", "'perhaps'"),
        ("least_times = 3, how often, at least", "least_times: 3", "not of the form"),
    ],
)
def test_a_header_that_lacks_something_is_refused(before: str, after: str, says: str) -> None:
    """The error names the file and what it lacks."""
    with pytest.raises(DetectorFileError, match=f"again.sql.*{says}"):
        read("again", HEADER.replace(before, after))


def test_ids_are_used_once() -> None:
    """A place in the taxonomy belongs to one detector."""
    ids = [detector.id for detector in catalogue()]

    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("detector", catalogue(), ids=lambda detector: detector.name)
def test_a_file_reads_its_parameters_and_gives_its_name(detector: Detector) -> None:
    """A parameter that no query reads, and a query that gives another detector's name, is a mistake."""
    texts = [
        entry.read_text(encoding="utf-8") for folder in ("staging", "findings", "baseline", "rhythm") for entry in (SQL / folder).iterdir()
    ]
    read_anywhere = {name for text in texts for name in re.findall(r"getvariable\('([a-z0-9_]+)'\)", text)}
    own = (SQL / "findings" / f"{detector.name}.sql").read_text(encoding="utf-8")

    assert {detector.variable(parameter) for parameter in detector.parameters} <= read_anywhere
    assert f"'{detector.name}' AS detector" in own
    assert detector.meaning.endswith(".")


def test_every_variable_is_set() -> None:
    """No query of settling reads a variable that nobody sets, which would be NULL."""
    texts = [entry.read_text(encoding="utf-8") for folder in ("staging", "marts", "findings") for entry in (SQL / folder).iterdir()]
    wanted = {name for text in texts for name in re.findall(r"getvariable\('([a-z0-9_]+)'\)", text)}

    part = {"settled", "upto", "first_batch", "features", "asked_attributes", "asks_all_attributes"}
    assert part == wanted - set(setup().variables())


def test_what_is_held_back_is_never_grave() -> None:
    """A run is judged good by grave findings that are shown: no detector whose showing depends on good runs may raise them."""
    for detector in catalogue():
        text = (SQL / "findings" / f"{detector.name}.sql").read_text(encoding="utf-8")
        assert detector.on is not On.MEASURED or "'high'" not in text, detector.name


def test_the_page_is_current() -> None:
    """The page says what the files say; `python -m relaylens_analytics.detector_page docs/detectors.md` writes it."""
    page = PAGE.read_text(encoding="utf-8")

    assert detector_page.renewed(page) == page


def test_a_store_sets_what_differs(tmp_path: Path) -> None:
    """What the file says counts, the rest has its default."""
    (tmp_path / SETTINGS_FILE).write_text(
        '[loop]\non = "measured"\nleast_times = 5\n[rework]\non = false\n[measured]\nmost_false_alarms = 0\n'
    )
    found = setup(tmp_path)

    assert (On.MEASURED, On.NO, On.YES) == (found.on["loop"], found.on["rework"], found.on["empty_output"])
    assert (5, 0.0, 30) == tuple(
        found.values[name] for name in ("loop_least_times", "measured_most_false_alarms", "measured_least_good_runs")
    )
    assert {"held_back loop", "detector loop", "found empty_output"} <= found.features()
    assert "detector rework" not in found.features()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[lop]\non = true\n", "no detector 'lop'"),
        ("[loop]\nmost_times = 3\n", "no parameter 'most_times'; it has on, least_times"),
        ('[loop]\nleast_times = "three"\n', "least_times has to be like 3"),
        ('[loop]\non = "maybe"\n', "on has to be true, false or"),
        ("loop = true\n", "loop has to be a table"),
        ("[loop\n", "detectors.toml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, says: str) -> None:
    """The error says what is wrong, and what would be right."""
    (tmp_path / SETTINGS_FILE).write_text(text)

    with pytest.raises(DetectorSettingsError, match=re.escape(says)):
        setup(tmp_path)


def found(folder: Path, number: int) -> list[str]:
    """The detectors that find something in a run with a call that is made four times, in a store in this folder."""
    store = Store(folder / "relaylens.duckdb")
    calls = [tool(10 + place, "search_docs", 2 + place, 2.5 + place, '{"query": "refund"}', "nothing found") for place in range(4)]
    trace = number.to_bytes(16)
    spans = [span(1, "run", 0, 9, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}), agent(2, "docs", 1, 8), *calls]
    for one in spans:
        one.trace_id = trace
    settle_spans(store, *spans)
    detectors = rows(store.connection, f"SELECT detector FROM findings WHERE trace_id = '{trace.hex()}'")  # noqa: S608 - our own number
    store.close()
    return [detector for (detector,) in detectors]


def test_settling_follows_what_a_store_sets(tmp_path: Path) -> None:
    """A parameter and a switch count from the next settling on."""
    file = tmp_path / SETTINGS_FILE
    before = found(tmp_path, 1)
    file.write_text("[loop]\nleast_times = 5\n")
    rarer = found(tmp_path, 2)
    file.write_text("[loop]\nleast_times = 4\n")
    as_often = found(tmp_path, 3)
    file.write_text("[loop]\non = false\n")
    off = found(tmp_path, 4)

    assert (["loop"], [], ["loop"], []) == (before, rarer, as_often, off)
