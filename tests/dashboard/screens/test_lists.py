"""Runs, Findings and Escalations: filtered, sorted and paged by the store, addressable in every state."""

from collections import Counter

from .conftest import Open, Store


def test_runs_are_filtered_by_outcome(open_screen: Open, store: Store) -> None:
    """The outcome in the address is the only one listed, and all of its runs are."""
    failed = [run for run in store.truth if run["outcome"] == "failed"]

    assert ["failed"] * len(failed) == [row["Outcome"] for row in open_screen("runs", outcome="failed").table("Runs")]


def test_runs_are_filtered_by_finding(open_screen: Open, store: Store) -> None:
    """Only runs with the finding are listed."""
    with_rework = [run for run in store.truth if "rework" in run["findings"]]

    assert len(with_rework) == len(open_screen("runs", detector="rework").table("Runs"))


def test_runs_are_sorted_by_the_store(open_screen: Open, store: Store) -> None:
    """The longest run is on top when sorted by duration, the shortest when ascending."""
    longest = open_screen("runs", sort="duration_ms").components["table"][0]["rows"][0]["link"]
    shortest = open_screen("runs", sort="duration_ms", order="asc").components["table"][0]["rows"][0]["link"]
    by_length = sorted(store.truth, key=lambda run: run["duration_ms"])

    assert (by_length[-1]["run"], by_length[0]["run"]) == tuple(link.partition("run=")[2].partition("&")[0] for link in (longest, shortest))


def test_runs_are_paged(open_screen: Open, store: Store) -> None:
    """The second page holds what the first does not, and says so."""
    first, second = open_screen("runs"), open_screen("runs", page="1")

    assert len(store.truth) == len(first.table("Runs")) + len(second.table("Runs"))
    assert f"51 to {len(store.truth)} of {len(store.truth)}" in second.texts
    assert not second.button("Previous").disabled
    assert second.button("Next").disabled


def test_runs_are_searched(open_screen: Open) -> None:
    """A word that only some prompts hold finds those."""
    rows = open_screen("runs", q="vouchers").table("Runs")

    assert rows
    assert all("voucher" in f"{row['Asked']} {row['Answered']}".lower() for row in rows)


def test_a_search_without_a_hit_says_so(open_screen: Open) -> None:
    """Nothing found is a sentence, not an empty table."""
    assert "No run in the last 24 hours fits these filters." in open_screen("runs", q="no such words anywhere").texts


def test_a_run_of_the_list_opens_with_the_filters_of_the_dashboard(open_screen: Open) -> None:
    """The link of a row names the run and keeps the range."""
    link = open_screen("runs", range="7d").components["table"][0]["rows"][0]["link"]

    assert link.startswith("run?range=7d&run=")


def test_the_inbox_counts_findings_by_kind(open_screen: Open, store: Store) -> None:
    """Each kind of finding is in as many runs as the network says."""
    listed: Counter[str] = Counter()
    for row in open_screen("findings", groups="all").table("Kinds of finding"):
        listed[row["Finding"]] += int(row["Runs"])
    true = Counter(finding.replace("_", " ") for run in store.truth for finding in run["findings"])

    # What is unusual beside the other runs is no fault of the network's own.
    assert set(true) == set(listed) - {"unusual run"}
    assert all(listed[kind] >= count for kind, count in true.items())


def test_open_questions_stand_first(open_screen: Open, store: Store) -> None:
    """Questions that wait are listed apart, the oldest on top, and all others below."""
    screen = open_screen("escalations")
    states = [escalation["state"] for run in store.truth for escalation in run["escalations"]]
    waiting = [row["Asked"] for row in screen.table("Questions that wait for an answer")]

    # Of another day than today the date stands before the time.
    assert sorted(waiting, key=lambda asked: (" " not in asked, asked)) == waiting
    assert Counter(state in {"requested", "pending"} for state in states) == {
        True: len(waiting),
        False: len(screen.table("Questions that are no longer open")),
    }


def test_lost_context_is_shown_from_where_the_texts_part(open_screen: Open) -> None:
    """What was sent and what was received begin with a little that they share, and then differ: that is the evidence."""
    found = open_screen("findings", range="all", detector="context_lost").components["finding"]

    for one in found:
        sent, received = one["evidence"].removeprefix("sent: ").split(" | received: ")
        shared = next(place for place, (left, right) in enumerate(zip(f"{sent}\0", f"{received}\1", strict=False)) if left != right)
        assert shared <= 42
    assert found
