"""What holds for every test: no setting of the machine leaks in, and property tests repeat."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("relaylens", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("relaylens")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenTelemetry's and Relaylens' variables of the developer's shell do not reach a test."""
    for name in list(os.environ):
        if name.startswith(("OTEL_", "RELAYLENS_", "STREAMLIT_")) and name != "RELAYLENS_REQUIRE_BROWSER":
            monkeypatch.delenv(name)
