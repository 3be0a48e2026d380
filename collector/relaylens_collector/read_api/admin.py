"""What the holder of an admin token may have done to the store."""

from typing import Any, Final

from relaylens_collector.errors import OrderError
from relaylens_collector.ingest import Ingest
from relaylens_collector.read_api.questions import read_object

SNAPSHOT_PATH: Final = "/api/v1/admin/snapshot"
ORDERS_PATH: Final = "/api/v1/admin/orders"

_FIELDS: Final = frozenset({"order", "kind", "subject", "dry_run", "trust_clock", "name", "reason"})


def read_order(body: bytes) -> dict[str, Any]:
    """Read an order; what it may say is looked at where it is carried out."""
    return read_object(body, _FIELDS, OrderError)


def make_snapshot(ingest: Ingest) -> dict[str, object]:
    """Copy the database into the store's own folder: no path comes from outside."""
    return {"folder": ingest.snapshot().name}
