"""Questions about agents: the scorecard of all or one, and one in time, by version and by tool."""

import pyarrow as pa

from relaylens_analytics.queries import limits
from relaylens_analytics.reader import Reader
from relaylens_analytics.window import Window


def scorecards(reader: Reader, window: Window, *, agent: str | None = None, limit: int = limits.ROWS) -> pa.Table:
    """Give everything measured about each agent, one row an agent; or about one of them."""
    return reader.query_file("queries/agents", {**window.params(), "agent": agent, "limit": limit})


def names(reader: Reader, *, limit: int = limits.ROWS) -> pa.Table:
    """Give the name of each agent, as its framework writes it."""
    return reader.query_file("queries/agent_names", {"limit": limit})


def over_time(reader: Reader, window: Window, agent: str, *, bucket_s: int | None = None, limit: int = limits.ROWS) -> pa.Table:
    """Show how an agent does from bucket to bucket of time; `bucket_s` is an hour where it is not given."""
    return reader.query_file("queries/agent_over_time", {**window.params(), "agent": agent, "bucket": bucket_s, "limit": limit})


def versions(reader: Reader, window: Window, agent: str, *, limit: int = limits.PAGE) -> pa.Table:
    """List the versions of an agent in order of their first turn, and how each did."""
    return reader.query_file("queries/agent_versions", {**window.params(), "agent": agent, "limit": limit})


def touched(reader: Reader, window: Window, agent: str, *, version: str | None = None, limit: int = limits.PAGE) -> pa.Table:
    """Tell what each version of an agent, or one of them, has touched: runs, other agents, people, and since when."""
    return reader.query_file("queries/agent_touched", {**window.params(), "agent": agent, "version": version, "limit": limit})


def tools(reader: Reader, window: Window, agent: str, *, limit: int = limits.PAGE) -> pa.Table:
    """List the tools an agent calls, and how often they fail."""
    return reader.query_file("queries/agent_tools", {**window.params(), "agent": agent, "limit": limit})
