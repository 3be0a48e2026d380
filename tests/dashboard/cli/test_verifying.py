"""`relaylens verify`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

Relaylens = Callable[..., Any]


def test_the_exit_code_says_it(relaylens: Relaylens, store: Path, tmp_path: Path) -> None:
    """0 is whole, 1 is not whole, 2 is not looked at; findings are results and go to standard output."""
    whole = relaylens("verify", store)
    with duckdb.connect(str(store / "relaylens.duckdb")) as connection:
        connection.execute("UPDATE spans SET name = 'harmless' WHERE batch = 1 AND ordinal = 0")
    broken, journal, nowhere = relaylens("verify", store), relaylens("verify", store, "--journal"), relaylens("verify", tmp_path)

    assert (0, 1, 0, 2) == (whole.code, broken.code, journal.code, nowhere.code)
    assert "rows changed: row 0 is not as the journal has it: name." in broken.out
    assert "There is no store here; give the folder" in nowhere.err


def test_programs_read_the_same(relaylens: Relaylens, store: Path) -> None:
    """The JSON holds the verdict, what was counted and each finding."""
    (store / "relaylens.duckdb").unlink()
    done = relaylens("verify", store, "--format", "json")
    report = json.loads(done.out)

    assert 1 == done.code
    assert ("broken", 2, {"database missing": 1}) == (report["verdict"], report["records"], report["counts"])
    assert {"fault", "where", "what", "advice", "record", "is_note"} == set(report["findings"][0])
