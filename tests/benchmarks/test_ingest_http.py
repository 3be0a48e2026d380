"""The share of DuckDB's own limit that ingest over HTTP reaches; run by `make bench`."""

from pathlib import Path

import pytest
from tests.benchmarks.ingest_http import compare

_RESULT = Path(__file__).parents[2] / "docs" / "benchmarks" / "ingest_http.md"
_FLOOR = 0.35


@pytest.mark.bench
@pytest.mark.timeout(0)
def test_ingest_over_http(capsys: pytest.CaptureFixture[str]) -> None:
    """At least 0.35 of what DuckDB itself does with the same rows in the same run; the figures are kept in docs/benchmarks."""
    comparison = compare(160, 3)
    with capsys.disabled():
        print("", *comparison.lines(), sep="\n")
    _RESULT.parent.mkdir(exist_ok=True)
    heading = "# Ingest over HTTP, until stored\n\nWritten by `make bench`; `tests/benchmarks/ingest_http.py` says how it is measured.\n\n"
    _RESULT.write_text(heading + "".join(f"    {line}\n" for line in comparison.lines()))

    assert comparison.share >= _FLOOR
