"""SQL: one SELECT against the store; it can read the record and nothing else."""

from typing import Final

import streamlit as st

from relaylens_analytics.errors import CollectorNotRunningError, NoStoreError, NotAuthorisedError, RelaylensAnalyticsError
from relaylens_dashboard import hostile, tabular, wording
from relaylens_dashboard.screens import address, exports, frame, reading, tables
from relaylens_dashboard.screens.tables import Column, Row

_SHOWN: Final = 200
_LONGEST: Final = 20_000
_EXAMPLES: Final = {
    text.split("\n", maxsplit=1)[0].removeprefix("--").strip(): text
    for text in (
        path.read_text(encoding="utf-8") for path in sorted((reading.QUESTIONS / "examples").iterdir(), key=lambda path: path.name)
    )
}
"""Questions to begin with; the first line of each is its title."""


def body() -> None:
    """Draw the screen: the question, and its answer below."""
    _examples()
    key = "sql.text"
    if key not in st.session_state or address.value("q") != st.session_state.get("sql.asked"):
        st.session_state[key] = address.value("q") or next(iter(_EXAMPLES.values()))
        st.session_state["sql.asked"] = address.value("q")
    with st.form("sql", border=False):
        st.text_area("One SELECT", key=key, height=150, max_chars=_LONGEST, label_visibility="collapsed")
        asked = st.form_submit_button("Run", type="primary", icon=":material/play_arrow:")
    if asked:
        address.write(q=st.session_state[key])
        st.session_state["sql.asked"] = address.value("q")
    question = address.value("q")
    if question is None:
        st.caption(
            "The tables hold what was made of the spans (runs, steps, handoffs, escalations, findings, agents) and the spans themselves."
        )
        return
    _answer(question)


def _examples() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Examples", width="content")
        for title, text in _EXAMPLES.items():
            if st.button(title, type="tertiary", key=f"sql.{title}"):
                address.write(q=text)
                st.rerun()


def _answer(question: str) -> None:
    try:
        answer = reading.answer(question, max_rows=reading.MOST_ROWS)
    except (CollectorNotRunningError, NoStoreError, NotAuthorisedError):
        raise
    except RelaylensAnalyticsError as error:
        with st.container(border=True, key="refused"):
            st.markdown("##### The store refused this")
            st.code(hostile.visible(str(error)), language=None, wrap_lines=True)
        return
    rows = tabular.Rows.from_arrow(answer)
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = f", the first {_SHOWN:,} shown" if len(rows.values) > _SHOWN else ""
        limit = f" (at most {reading.MOST_ROWS:,})" if len(rows.values) == reading.MOST_ROWS else ""
        st.caption(f"{wording.count(len(rows.values), 'row')}{limit}{shown}", width="content")
        if rows.values:
            exports.table("answer", answer)
    if not rows.values:
        frame.empty("The answer has no rows.", wider=False)
        return
    columns = [
        Column(tables.plain(name, limit=80), right=tabular.is_numeric(rows, place), nowrap=True) for place, name in enumerate(rows.columns)
    ]
    tables.show(columns, [Row([_cell(cell) for cell in row]) for row in rows.values[:_SHOWN]], key="answer", says="Answer")


def _cell(cell: tabular.Cell) -> tables.Cell:
    return tables.text("NULL", quiet=True) if cell is None else tables.text(tabular.short(cell))


if __name__ == "__main__":
    frame.show("sql", "SQL", body, dated=False)
