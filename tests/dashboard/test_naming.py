"""What agents are called: by their names, and by their keys where several have one name."""

import pytest

from relaylens_dashboard.naming import Names
from relaylens_dashboard.tabular import Rows

NAMES = Names({"claims_adjuster": "Claims Adjuster", "checker": "Checker", "clerk_1": "Clerk", "clerk_2": "Clerk"})


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("claims_adjuster", "Claims Adjuster"),
        ("clerk_1", "Clerk (clerk_1)"),
        ("human", "Person"),
        ("never_seen", "never_seen"),
        (None, None),
    ],
)
def test_an_agent_is_called_by_its_name(key: str | None, name: str | None) -> None:
    """The key stands behind a name that two have; whoever answers is a person; what is not known is called as it is."""
    assert name == NAMES.of(key)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("claims_adjuster", "claims_adjuster"),
        ("claims adjuster", "claims_adjuster"),
        ("Person", "human"),
        ("human", "human"),
        ("Clerk (clerk_2)", "clerk_2"),
        ("nobody", "nobody"),
        (None, None),
    ],
)
def test_an_agent_is_found_by_its_key_and_by_its_name(said: str | None, key: str | None) -> None:
    """What a table shows can be given to a filter, in any case of letters."""
    assert key == NAMES.key(said)


def test_groups_of_a_metric_are_called_by_names() -> None:
    """Agents, both ends of an edge, and an agent's version; any other group is what it is."""
    groups = [
        ("agent", "checker"),
        ("edge", "claims_adjuster -> human"),
        ("edge", "checker -> ?"),
        ("agent_version", "checker 1.2"),
        ("service", "checker"),
        ("agent", None),
    ]

    assert ["Checker", "Claims Adjuster -> Person", "Checker -> ?", "Checker 1.2", "checker", None] == [
        NAMES.of_group(by, key) for by, key in groups
    ]


def test_rows_for_people_hold_names() -> None:
    """In columns of agents and in our sentences about them; a key of one word could be any word of a sentence, and stays."""
    rows = Rows(
        ("agent", "run", "message"), (("checker", "checker", "The agent checker sent work back to claims_adjuster"), (None, "", ""))
    )

    assert (("Checker", "checker", "The agent checker sent work back to Claims Adjuster"), (None, "", "")) == NAMES.in_rows(rows).values
