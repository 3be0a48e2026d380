"""What the package exports, and what it does not pull in."""

import json
import subprocess
import sys
import types

import pytest

import relaylens

HEAVY = ["duckdb", "granian", "grpc", "httpx", "numpy", "pandas", "plotly", "ptars", "pyarrow", "relaylens_collector", "rich", "streamlit"]


def test_all_names_are_there_and_no_others() -> None:
    """`__all__` is sorted and equals the public names of the package."""
    public = {name for name, value in vars(relaylens).items() if not name.startswith("_") and (not isinstance(value, types.ModuleType))}
    assert sorted(public) == relaylens.__all__


@pytest.mark.parametrize(
    ("source", "loaded"),
    [
        ("import relaylens", []),
        ("import relaylens; relaylens.instrument('s', frameworks=False); relaylens.shutdown(0.1)", []),
        ("import relaylens; relaylens.instrument('s', protocol='grpc', frameworks=False); relaylens.shutdown(0.1)", ["grpc"]),
    ],
    ids=["import", "http", "grpc"],
)
def test_the_host_pays_for_opentelemetry_and_nothing_else(source: str, loaded: list[str]) -> None:
    """A fresh interpreter that imports and sets up the package has loaded none of the collector's or the screens' libraries."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{source}\nimport json, sys; print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert loaded == json.loads(ended.stdout.splitlines()[-1])
