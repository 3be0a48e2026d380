"""The DuckDB file: its tables, and the one way rows get into them."""

from relaylens_collector.store.settler import Settler
from relaylens_collector.store.store import Store

__all__ = ["Settler", "Store"]
