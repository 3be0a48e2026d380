"""Where what is wrong with a run may have begun: suspects with the way back to them, and what took from the one that is chosen."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from relaylens_analytics.blame import CONTAINED, Cascade, Fate, Link, Reach, Suspect, Symptom
from relaylens_dashboard import wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, frame, reading, tables
from relaylens_dashboard.screens.reading import Blamed
from relaylens_dashboard.screens.tables import Column, Row

SUSPECTS: Final = 5
"""Suspects that are named."""

_MOST_ROWS: Final = 40
_FATES: Final[Mapping[str, str]] = {fate: colours.FAIR if fate in CONTAINED else colours.BAD for fate in Fate}
_KINDS: Final = {"finding": colours.BAD, "outcome": colours.WEAK, "escalation": colours.PERSON, "label": colours.WEAK}
_LINKS: Final = {"symptom": colours.BAD, "data": colours.FAIR, "control": colours.UNKNOWN, "origin": colours.WEAK}
_SAYS: Final = {
    "symptom": "where it shows",
    "data": "a value was taken from there",
    "control": "the work came from there",
    "origin": "nothing earlier shows it",
}


def show(key: Mapping[str, str]) -> None:
    """Draw the symptoms, the suspects, the way back to one of them, and what took from it."""
    found = reading.blame(key["run"], key["conversation"], most=SUSPECTS)
    if found is None or not found.suspects:
        frame.empty(
            "Nothing in this run points to any step.", "It has no findings, and its texts say nothing or were not recorded.", wider=False
        )
        return
    st.markdown("##### Where it began")
    if found.symptoms:
        _symptoms(found.symptoms)
    else:
        st.caption("Nothing is recorded as wrong with this run. If its answer is wrong all the same, this is where to look first.")
    asked = address.value("suspect")
    chosen = next((one for one in found.suspects if one.step == asked), found.suspects[0])
    _suspects(found.suspects, chosen)
    left, right = st.columns(2, gap="medium")
    with left:
        _chain(chosen)
    with right:
        _reach(chosen, found)
    _cascades(found.cascades)


def _symptoms(symptoms: Sequence[Symptom]) -> None:
    columns = [Column("", width="120px"), Column("What is wrong")]
    rows = [
        Row([tables.chip(one.kind, _KINDS), tables.text(reading.in_words(one.words))], _span(one.spans)) for one in symptoms[:_MOST_ROWS]
    ]
    tables.show(columns, rows, key="blame.symptoms", says="What is wrong with this run")


def _suspects(suspects: Sequence[Suspect], chosen: Suspect) -> None:
    st.caption(
        "Suspects, most suspected first. The score orders them by what speaks for each; it is no probability, and nobody is the culprit."
    )
    columns = [
        Column("", right=True, width="36px"),
        Column("Agent", width="20%"),
        Column("Step", right=True, width="60px"),
        Column("Score", right=True, width="70px"),
        Column("Because"),
    ]
    rows = [
        Row(
            [
                f"{one.rank}",
                tables.agent(one.agent, under=f"version {one.version}" if one.version else None),
                f"{one.position:,}",
                f"{one.score:.2f}",
                tables.text(
                    reading.in_words(one.reasons[0].words), under="; ".join(reading.in_words(reason.words) for reason in one.reasons[1:])
                ),
            ],
            address.here(view="began", suspect=one.step, span=None, handoff=None, finding=None),
            one is chosen,
        )
        for one in suspects
    ]
    tables.show(columns, rows, key="blame.suspects", says="Suspects")


def _chain(chosen: Suspect) -> None:
    st.markdown(f"##### The way back to suspect {chosen.rank}")
    columns = [Column("", width="96px"), Column("What leads there"), Column("Agent", width="26%")]
    rows = [_link(link) for link in chosen.chain]
    tables.show(columns, rows, key="blame.chain", says="The way back to the suspect")


def _link(link: Link) -> Row:
    kind = tables.chip(link.kind, _LINKS, says=_SAYS[link.kind])
    return Row(
        [kind, tables.text(reading.in_words(link.words)), tables.agent(link.agent)],
        address.here(view="spans", span=link.step, handoff=None, finding=None),
    )


def _reach(chosen: Suspect, found: Blamed) -> None:
    st.markdown("##### What took from this step")
    reached = found.reached[chosen.step]
    columns = [Column("Who", width="30%"), Column("Took")]
    rows = [*_taken(reached), *_people(reached), *_runs(reached)]
    if not rows:
        st.caption("Nothing that is recorded.")
        return
    tables.show(columns, rows[:_MOST_ROWS], key="blame.reach", says="What took from this step")
    if len(rows) > _MOST_ROWS:
        st.caption(f"and {len(rows) - _MOST_ROWS:,} more")


def _taken(reached: Reach) -> list[Row]:
    rows = []
    for taken in reached.taken:
        what = f"holds {', '.join(taken.values)}" if taken.values else "got its work from it" if taken.direct else "came after those"
        cells = [tables.agent(taken.agent, under=f"step {taken.position:,}"), tables.text(what, quiet=not taken.values)]
        rows.append(Row(cells, address.here(view="spans", span=taken.step, handoff=None, finding=None)))
    return rows


def _people(reached: Reach) -> list[Row]:
    return [Row([tables.chip("a person", {"a person": colours.PERSON}), tables.text(words)]) for words in reached.people]


def _runs(reached: Reach) -> list[Row]:
    return [
        Row(
            [tables.text(one.run, under=f"later run, {wording.clock(one.started_at)}"), tables.text(f"holds {', '.join(one.values)}")],
            address.link("run", run=one.run, conversation=one.conversation),
        )
        for one in reached.runs
    ]


def _cascades(cascades: Sequence[Cascade]) -> None:
    if not cascades:
        return
    st.markdown("##### What became of each failure")
    columns = [Column("", width="110px"), Column("What failed"), Column("Agent", width="16%"), Column("What came of it", width="36%")]
    rows = [
        Row(
            [
                tables.chip(one.fate, _FATES),
                tables.text(reading.in_words(one.what)),
                tables.agent(one.agent),
                tables.text(reading.in_words(one.words)),
            ],
            _span(one.spans),
        )
        for one in cascades[:_MOST_ROWS]
    ]
    tables.show(columns, rows, key="blame.failures", says="What became of each failure")
    if len(cascades) > _MOST_ROWS:
        st.caption(f"and {len(cascades) - _MOST_ROWS:,} more")


def _span(spans: Sequence[str]) -> str | None:
    return address.here(view="spans", span=spans[0], handoff=None, finding=None) if spans else None
