"""The nouns and the numbers: settling spans into the network, and the metrics over it."""

from relaylens_analytics.reader import Reader
from relaylens_analytics.store import open_store
from relaylens_analytics.window import Window

__all__ = ["Reader", "Window", "open_store"]
