"""A deployment that has gone silent, on the screens that people open first."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.analytics.rhythms import hourly, runs_of

from relaylens_analytics.settle import settle
from relaylens_collector.ingest import Ingest
from relaylens_collector.signals import Signal

from .conftest import Open


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store to which nothing has come for thirty hours."""
    folder = tmp_path_factory.mktemp("silent")
    ingest = Ingest(folder, settle)
    ingest.submit(Signal.TRACES, runs_of({"<b>desk": hourly(until=timedelta(hours=30))}).SerializeToString())
    ingest.flush()
    ingest.close()
    return folder


@pytest.mark.parametrize("screen", ["network", "findings"])
def test_it_stands_on_top_also_where_there_is_nothing_else(open_screen: Open, silent: Path, screen: str) -> None:
    """In the last day nothing has come, and that is what is said."""
    (row,) = open_screen(screen, url=silent).table("Deployments from which nothing comes any more")

    assert ["silent", "<b>desk has sent nothing, and 30 runs would have been usual in that time", "1 d ago"] == list(row.values())


def test_where_all_keep_to_their_rhythm_nothing_is_said(open_screen: Open) -> None:
    """No table, and no heading above none."""
    screen = open_screen("network")

    assert "##### Gone silent" not in screen.texts
