"""The settler that commands give to the collector, with the user's price table in it."""

from pathlib import Path

import duckdb

from relaylens_analytics import prices
from relaylens_analytics.settle import create_tables, settle
from relaylens_collector.store import Settler


def settler(price_file: Path | None) -> Settler:
    """Give what settles; a price file is checked now, and replaces the store's table before the first run is settled."""
    if price_file is None:
        return settle
    rows = prices.read(price_file)

    def settle_with_prices(connection: duckdb.DuckDBPyConnection) -> int:
        # Looked at each time: there is a database for each project, and one that is damaged is made anew.
        if not prices.are_loaded(connection, rows):
            create_tables(connection)
            prices.load(connection, price_file)
        return settle(connection)

    return settle_with_prices
