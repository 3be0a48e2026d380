"""What the holder of an admin token may have done to the store."""

from typing import Final

from relaylens_collector.ingest import Ingest

SNAPSHOT_PATH: Final = "/api/v1/admin/snapshot"


def make_snapshot(ingest: Ingest) -> dict[str, object]:
    """Copy the database into the store's own folder: no path comes from outside."""
    return {"folder": ingest.snapshot().name}
