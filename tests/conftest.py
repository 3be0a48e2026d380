"""What holds for every test: no setting of the machine leaks in, and property tests repeat."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("relaylens", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("relaylens")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """OpenTelemetry's and Relaylens' variables of the shell do not reach a test, nor do its spans reach the user's spool."""
    for name in list(os.environ):
        if name.startswith(("OTEL_", "RELAYLENS_", "STREAMLIT_")) and name != "RELAYLENS_REQUIRE_BROWSER":
            monkeypatch.delenv(name)
    monkeypatch.setenv("RELAYLENS_SPOOL_DIR", str(tmp_path_factory.getbasetemp() / "spool"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the golden files be written anew: `make golden`."""
    parser.addoption("--write-golden", action="store_true", help="write the golden files instead of comparing with them")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a file byte for byte, or write the file."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--write-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.read_bytes().decode() == text, f"{path.name} is not what is written now; look at the difference, then `make golden`"

    return compare
