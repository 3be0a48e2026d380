"""What each package costs to import, seen in a clean interpreter: linting cannot see an import inside a function."""

import subprocess
import sys

import pytest

COLLECTOR = {"duckdb", "granian", "grpc", "ptars", "pyarrow"}
FACES = {"httpx", "pandas", "plotly", "rich", "streamlit", "typer"}


def modules_after(statement: str) -> set[str]:
    """Run a statement in a new interpreter and list the top-level modules it has loaded."""
    script = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_a_host_process_pays_for_opentelemetry_only() -> None:
    """`import relaylens` loads no part of the collector, the analytics or the faces."""
    ours = {"relaylens_collector", "relaylens_analytics", "relaylens_dashboard"}

    loaded = modules_after("import relaylens")

    assert "relaylens" in loaded
    assert set() == loaded & (COLLECTOR | FACES | ours)


def test_the_vocabulary_needs_the_standard_library_only() -> None:
    """`relaylens.semconv` loads nothing that is not Python's own or ours."""
    loaded = modules_after("import site\nbefore = set(__import__('sys').modules)\nimport relaylens.semconv")
    bare = modules_after("import relaylens")

    assert set() == {name for name in loaded - bare if name not in sys.stdlib_module_names and name != "relaylens"}


@pytest.mark.parametrize("module", ["relaylens_collector", "relaylens_analytics"])
def test_collector_and_analytics_run_without_the_faces(module: str) -> None:
    """A collector on a server needs neither Streamlit nor the terminal's libraries."""
    assert set() == modules_after(f"import {module}") & (FACES | {"relaylens_dashboard"})


def test_the_command_starts_without_streamlit_and_plotly() -> None:
    """`relaylens runs` is not to wait for the screens' libraries."""
    assert set() == modules_after("import relaylens_dashboard.cli.app") & {"streamlit", "plotly", "pandas"}


def test_the_way_into_the_command_needs_the_standard_library_only() -> None:
    """Where the extras are missing, the command can still say what to install."""
    loaded = modules_after("import relaylens_dashboard.main")

    assert set() == loaded & (COLLECTOR | FACES | {"opentelemetry"})
