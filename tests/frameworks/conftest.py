"""The stage of all tests of a worker."""

import pytest
from tests.frameworks.staging import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """One stage, on which each program is played once."""
    return Stage(tmp_path_factory.mktemp("frameworks"))
