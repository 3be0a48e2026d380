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
    prices.read(price_file)
    loaded: set[str] = set()

    def settle_with_prices(connection: duckdb.DuckDBPyConnection) -> int:
        # Each project has a database of its own.
        ((database,),) = connection.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchall()
        if database not in loaded:
            create_tables(connection)
            prices.load(connection, price_file)
            loaded.add(database)
        return settle(connection)

    return settle_with_prices
