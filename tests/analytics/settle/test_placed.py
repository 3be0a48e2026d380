"""A span under no agent belongs to the step that is open at its time, else to the last one that began before it."""

import random
import time
from importlib.resources import files
from typing import Final

import duckdb

_SQL: Final = (files("relaylens_analytics") / "sql" / "staging" / "placed_spans.sql").read_text(encoding="utf-8")

Stray = tuple[int, int, int, str | None]
"""Span, trace, beginning and the agent that it names."""
Step = tuple[str, int, str, int, int]
"""Step, trace, agent, beginning and end."""


def _placed(strays: list[Stray], steps: list[Step]) -> dict[int, tuple[str | None, str | None, str | None]]:
    """Ask the file: agent, rule and step of each span."""
    with duckdb.connect() as connection:
        connection.execute("CREATE MACRO agent_key(name) AS lower(name)")
        connection.execute(
            "CREATE TABLE strayed_spans (span INTEGER, trace INTEGER, t0 BIGINT, lc_agent_name VARCHAR, agent_name VARCHAR, "
            "span_class VARCHAR, graph_agent VARCHAR)"
        )
        connection.execute("CREATE TABLE work_steps (step VARCHAR, trace INTEGER, agent VARCHAR, t0 BIGINT, t1 BIGINT)")
        connection.executemany("INSERT INTO strayed_spans VALUES (?, ?, ?, ?, NULL, 'llm', NULL)", strays)
        connection.executemany("INSERT INTO work_steps VALUES (?, ?, ?, ?, ?)", steps)
        return {span: (agent, rule, step) for span, agent, rule, step in connection.execute(_SQL).fetchall()}


def _by_hand(stray: Stray, steps: list[Step]) -> tuple[str | None, str | None, str | None]:
    """Look at every step."""
    _, trace, moment, named = stray
    begun = [one for one in steps if one[1] == trace and one[3] <= moment and named in {None, one[2]}]
    found = max(begun, key=lambda one: (one[4] >= moment, one[3]), default=None)
    if named is not None:
        return named, "graph_metadata", None if found is None else found[0]
    if found is None:
        return None, None, None
    return found[2], "open_step" if found[4] >= moment else "last_step", found[0]


def test_any_arrangement_gives_what_looking_at_every_step_gives() -> None:
    """Steps within steps, beside and after each other, of several agents and traces; spans before, within and after them."""
    chance = random.Random(7)  # noqa: S311 - the same arrangement each time
    begins = chance.sample(range(1000), 60)
    steps = [
        (f"s{place}", chance.randrange(3), chance.choice("abc"), begin, begin + chance.choice([0, 5, 40, 600]))
        for place, begin in enumerate(begins)
    ]
    strays = [(span, chance.randrange(4), chance.randrange(1400), chance.choice([None, None, "a", "b", "z"])) for span in range(400)]

    assert {stray[0]: _by_hand(stray, steps) for stray in strays} == _placed(strays, steps)


def test_a_long_trace_does_not_cost_every_step_for_every_span() -> None:
    """A hundred thousand spans beside ten thousand steps that follow each other: a minute would be looking at all pairs."""
    began = time.process_time()
    with duckdb.connect() as connection:
        connection.execute("CREATE MACRO agent_key(name) AS lower(name)")
        connection.execute(
            "CREATE TABLE strayed_spans AS SELECT i::INTEGER AS span, 1 AS trace, (i * 10)::BIGINT AS t0, NULL::VARCHAR AS lc_agent_name, "
            "NULL::VARCHAR AS agent_name, 'llm' AS span_class, NULL::VARCHAR AS graph_agent FROM range(100000) AS t(i)"
        )
        connection.execute("CREATE TABLE work_steps (step VARCHAR, trace INTEGER, agent VARCHAR, t0 BIGINT, t1 BIGINT)")
        connection.execute("INSERT INTO work_steps SELECT 's' || i, 1, 'a', i * 100, i * 100 + 50 FROM range(10000) AS t(i)")
        rules = dict(connection.execute(f"SELECT agent_rule, count(*) FROM ({_SQL}) GROUP BY ALL").fetchall())  # noqa: S608 - our own file

    assert {"open_step": 60_000, "last_step": 40_000} == rules
    assert time.process_time() - began < 5
