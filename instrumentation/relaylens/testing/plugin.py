"""The pytest plugin: the fixture `network`, and the mark `relaylens` with what it passes on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from relaylens.testing.network import Network

_MARK = "relaylens"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line(
        "markers", "relaylens(clock='ticking', **settings): how the fixture `network` records: settings of relaylens.instrument()"
    )


@pytest.fixture
def network(request: pytest.FixtureRequest) -> Iterator["Network"]:
    """What the agents do in this test: record, look, assert."""
    # Loaded by the tests that use it only.
    from relaylens.testing.network import Network  # noqa: PLC0415 - see above
    from relaylens.testing.recording import recording  # noqa: PLC0415 - see above

    settings: dict[str, object] = {}
    for mark in reversed(list(request.node.iter_markers(_MARK))):
        settings |= mark.kwargs
    with recording(**settings) as recorded:  # type: ignore[arg-type] # what instrument() takes
        yield Network(recorded)
