"""Leaving out what nothing at work needs changes nothing that settling finds."""

import pytest
from tests.analytics.settle.captured import MISSING, nouns, requests, settled, truth

from relaylens_analytics import stages

pytestmark = pytest.mark.skipif(not truth(), reason=MISSING)


def frameworks() -> list[str]:
    """The frameworks and instrumentations of which there are captures."""
    return sorted({name.rsplit("__", 1)[0] for name in truth()})


@pytest.mark.parametrize("framework", frameworks())
def test_what_is_left_out_finds_nothing(framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The spans of a framework give the same rows when every query is run, whatever it says it needs."""
    messages = [message for name in sorted(truth()) if name.startswith(f"{framework}__") for message in requests(name)]
    as_needed = settled(messages)
    monkeypatch.setattr(stages.Query, "is_needed", lambda *_: True)
    all_run = settled(messages)

    assert nouns(all_run.connection) == nouns(as_needed.connection)
    as_needed.close()
    all_run.close()
