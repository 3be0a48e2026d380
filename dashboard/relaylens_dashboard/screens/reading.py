"""Asks the store for what the screens show, and remembers each answer for a moment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from relaylens_analytics import Reader, Window, metrics, open_store
from relaylens_analytics import blame as blaming
from relaylens_analytics import project as projects
from relaylens_analytics.baseline import drift as drifting
from relaylens_analytics.baseline import suspicion as suspecting
from relaylens_analytics.baseline.drift import Drift, Side
from relaylens_analytics.baseline.suspicion import RunSuspicion
from relaylens_analytics.blame import Cascade, Reach, Suspect, Symptom
from relaylens_analytics.project import Identity, who_am_i
from relaylens_analytics.queries import transcript as telling
from relaylens_analytics.queries.runs import RunKey
from relaylens_analytics.queries.transcript import Transcript
from relaylens_analytics.values import Value
from relaylens_collector.access import Scope
from relaylens_dashboard import hostile, serve, tabular
from relaylens_dashboard.naming import Names

Record = dict[str, Any]
"""A row, by the names of its columns; values are those of `tabular.Cell`."""

MOST_ROWS: Final = 1_000
"""No view asks for more rows than this."""

QUESTIONS: Final = files("relaylens_dashboard.screens") / "sql"
"""The questions that only a screen asks, one a file; all others are in the analytics."""

_MOST_AGENTS: Final = 1_000
_SECONDS: Final = 5
_NO_STORE: Final = "./relaylens-data"
_DEFAULT_PROJECT: Final = "default"


@dataclass(frozen=True, slots=True)
class Blamed:
    """Where what is wrong with a run may have begun, and what took from each suspect, by its step."""

    symptoms: tuple[Symptom, ...]
    suspects: tuple[Suspect, ...]
    cascades: tuple[Cascade, ...]
    reached: Mapping[str, Reach]


def url() -> str:
    """Say which store is read."""
    return os.environ.get(serve.STORE_VARIABLE, _NO_STORE)


def project() -> str | None:
    """Say whose data are shown, where that is not the default project; a folder has one project only."""
    seen = _identity(url()).project if is_remote() else _DEFAULT_PROJECT
    return None if seen == _DEFAULT_PROJECT else seen


def problem() -> str | None:
    """Say what keeps the collector from going on, so that what is shown may be old; None where nothing does, or no collector is asked."""
    return _problem(url()) if is_remote() else None


def has_runs() -> bool:
    """Say whether the store holds anything that agents did."""
    extent = row("extent")
    return extent is not None and bool(extent["runs"])


def may_label() -> bool:
    """Say whether marks may be given here: with a token of the scope for it, or in a folder of one's own."""
    return not is_remote() or Scope.LABEL in _identity(url()).scopes


def is_remote() -> bool:
    """Say whether a collector is asked, and not a folder."""
    return url().startswith(("http://", "https://"))


def token() -> str | None:
    """Give the token that the dashboard was started with."""
    return os.environ.get(serve.TOKEN_VARIABLE)


def rows(query: str, **params: Value) -> list[Record]:
    """Answer a named query, such as `runs`."""
    return _rows(url(), query, _frozen(params))


def row(query: str, **params: Value) -> Record | None:
    """Answer a named query that has one row, or none."""
    found = rows(query, **params)
    return found[0] if found else None


def called(agent: str | None, otherwise: str | None = None) -> str | None:
    """Give the name of an agent by its key, as every screen shows it."""
    return otherwise if agent is None else _names(url()).of(agent)


def names() -> Names:
    """Give the names of all agents."""
    return _names(url())


def in_words(sentence: str) -> str:
    """Call the agents in a sentence of ours by their names."""
    return _names(url()).in_words(sentence)


def called_group(by: str, key: str | None) -> str | None:
    """Give the name of a group of a metric: of an agent, of an edge, or the key itself."""
    return _names(url()).of_group(by, key)


def agents() -> dict[str, str]:
    """Give the agents that there are to choose from, and their names."""
    return {row["agent"]: hostile.one_line(str(called(row["agent"]))) for row in rows("agent_names", limit=_MOST_AGENTS)}


def metric(name: str, window: Window, *, by: str | None = None, bucket_s: int | None = None, **filters: Value) -> list[Record]:
    """Compute a metric of the catalog."""
    return _metric(url(), (name, by, bucket_s), window, _frozen(filters))


def fresh(query: str, **params: Value) -> list[Record]:
    """Answer a named query anew; for what runs beside the screen, such as an export."""
    return _ask(url(), query, params)


def own(query: str, **params: Value) -> list[Record]:
    """Answer one of the screens' own questions, such as `run_turns`."""
    return _own(url(), query, _frozen(params))


def transcript(**page: Value) -> Transcript:
    """Tell what happened in a run, page by page; the parameters are those of `queries.transcript`, with `run` and `conversation`."""
    return _transcript(url(), _frozen(page))


def blame(run: str, conversation: str, *, most: int) -> Blamed | None:
    """Ask where what is wrong with a run may have begun; None where there is no such run."""
    return _blame(url(), run, conversation, most)


def drifts(before: Side, after: Side) -> tuple[Drift, ...]:
    """Ask in which figures two sides of each deployment differ."""
    return _drifts(url(), before, after)


def suspicion(run: str, conversation: str) -> RunSuspicion | None:
    """Ask how unlike the good runs of its deployment a run is; None where it cannot be compared."""
    return _suspicion(url(), run, conversation)


def answer(sql: str, params: Mapping[str, Value] | None = None, *, max_rows: int) -> pa.Table:
    """Answer a SELECT, such as one that a person wrote; not remembered."""
    with _open(url()) as reader:
        return reader.query(sql, dict(params or {}), max_rows=max_rows)


def forget() -> None:
    """Ask the store anew."""
    _identity.clear()
    _problem.clear()
    _rows.clear()
    _own.clear()
    _names.clear()
    _transcript.clear()
    _metric.clear()
    _blame.clear()
    _drifts.clear()
    _suspicion.clear()


def _open(address: str) -> Reader:
    """Open the store; a folder is let go of after each question, so that a collector can have it."""
    return open_store(address, token=token(), timeout_s=30)


def _frozen(params: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    held = {name: tuple(value) if isinstance(value, list) else value for name, value in params.items()}
    return tuple(sorted(held.items()))


@st.cache_data(ttl=_SECONDS, max_entries=10, show_spinner=False)
def _identity(address: str) -> Identity:
    return who_am_i(address, token=token(), timeout_s=30)


@st.cache_data(ttl=_SECONDS, max_entries=10, show_spinner=False)
def _problem(address: str) -> str | None:
    return projects.problem(address, token=token(), timeout_s=30)


@st.cache_data(ttl=_SECONDS, max_entries=300, show_spinner=False)
def _rows(address: str, query: str, params: tuple[tuple[str, Value], ...]) -> list[Record]:
    return _ask(address, query, dict(params))


@st.cache_data(ttl=_SECONDS, max_entries=100, show_spinner=False)
def _own(address: str, query: str, params: tuple[tuple[str, Value], ...]) -> list[Record]:
    with _open(address) as reader:
        return _records(reader.query((QUESTIONS / f"{query}.sql").read_text(encoding="utf-8"), dict(params)))


@st.cache_resource(ttl=_SECONDS, max_entries=10, show_spinner=False)
def _names(address: str) -> Names:
    return Names.from_rows(_rows(address, "agent_names", _frozen({"limit": _MOST_AGENTS})))


@st.cache_data(ttl=_SECONDS, max_entries=300, show_spinner=False)
def _metric(
    address: str, which: tuple[str, str | None, int | None], window: Window, filters: tuple[tuple[str, Value], ...]
) -> list[Record]:
    name, by, bucket_s = which
    with _open(address) as reader:
        return _records(metrics.compute(reader, name, window, by=by, bucket_s=bucket_s, **dict(filters)))


@st.cache_data(ttl=_SECONDS, max_entries=50, show_spinner=False)
def _transcript(address: str, page: tuple[tuple[str, Value], ...]) -> Transcript:
    asked: dict[str, Any] = dict(page)
    key = RunKey(asked.pop("run"), asked.pop("conversation"))
    with _open(address) as reader:
        return telling.transcript(reader, key, **asked)


@st.cache_data(ttl=_SECONDS, max_entries=20, show_spinner=False)
def _blame(address: str, run: str, conversation: str, most: int) -> Blamed | None:
    with _open(address) as reader:
        found = blaming.blame(reader, RunKey(run, conversation), most=most)
        if found is None:
            return None
        reached = {one.step: blaming.reach(reader, found, one.step) for one in found.suspects}
        return Blamed(found.symptoms, found.suspects, found.cascades, reached)


@st.cache_data(ttl=_SECONDS, max_entries=20, show_spinner=False)
def _drifts(address: str, before: Side, after: Side) -> tuple[Drift, ...]:
    with _open(address) as reader:
        return drifting.drifts(reader, before, after, service=after.window.service)


@st.cache_data(ttl=_SECONDS, max_entries=20, show_spinner=False)
def _suspicion(address: str, run: str, conversation: str) -> RunSuspicion | None:
    with _open(address) as reader:
        return suspecting.suspicion(reader, RunKey(run, conversation))


def _ask(address: str, query: str, params: Mapping[str, Value]) -> list[Record]:
    with _open(address) as reader:
        return _records(reader.query_file(f"queries/{query}", dict(params)))


def _records(table: pa.Table) -> list[Record]:
    held = tabular.Rows.from_arrow(table)
    return [dict(zip(held.columns, values, strict=True)) for values in held.values]
