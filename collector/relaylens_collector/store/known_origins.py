"""Which resources and scopes are stored already, by content."""

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from relaylens_collector.mapping.decoding import Decoded
from relaylens_collector.mapping.origins import Origin
from relaylens_collector.records import Record

_LOW = (1 << 64) - 1


class KnownOrigins:
    """Finds the resources and scopes to store. Not for several threads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Recall what is stored."""
        self._resources = {row[0] for row in connection.execute("SELECT resource FROM resources").fetchall()}
        self._scopes = {row[0] for row in connection.execute("SELECT scope FROM scopes").fetchall()}
        self._new_resources: dict[int, tuple[int, Origin]] = {}
        self._new_scopes: dict[int, tuple[int, Origin]] = {}

    def new_resources(self, pairs: Sequence[tuple[Record, Decoded]]) -> pa.Table | None:
        """Return rows for the resources not stored yet, or None."""
        for record, decoded in pairs:
            for one in decoded.resources:
                if one.key not in self._resources:
                    self._new_resources.setdefault(one.key, (record.seq, one))
        if not self._new_resources:
            return None
        found = list(self._new_resources.values())
        return pa.table(
            {
                **_columns("resource", found),
                "service_name": pa.array([one.name for _, one in found], pa.string()),
                "entity_refs": pa.array([one.entity_refs for _, one in found], pa.string()),
            }
        )

    def new_scopes(self, pairs: Sequence[tuple[Record, Decoded]]) -> pa.Table | None:
        """Return rows for the scopes not stored yet, or None."""
        for record, decoded in pairs:
            for one in decoded.scopes:
                if one.key not in self._scopes:
                    self._new_scopes.setdefault(one.key, (record.seq, one))
        if not self._new_scopes:
            return None
        found = list(self._new_scopes.values())
        return pa.table(
            {
                **_columns("scope", found),
                "name": pa.array([one.name for _, one in found], pa.string()),
                "version": pa.array([one.version for _, one in found], pa.string()),
            }
        )

    def stored(self) -> None:
        """Take note that the new ones are stored."""
        self._resources.update(self._new_resources)
        self._scopes.update(self._new_scopes)
        self.not_stored()

    def not_stored(self) -> None:
        """Forget the new ones."""
        self._new_resources.clear()
        self._new_scopes.clear()


def _columns(name: str, found: Iterable[tuple[int, Origin]]) -> dict[str, pa.Array]:
    """Return the columns that resources and scopes share."""
    batches, origins = zip(*found, strict=True)
    return {
        f"{name}_high": pa.array([one.key >> 64 for one in origins], pa.uint64()),
        f"{name}_low": pa.array([one.key & _LOW for one in origins], pa.uint64()),
        "batch": pa.array(batches, pa.int64()),
        "attributes": pa.array([list(zip(one.keys, one.texts, strict=True)) for one in origins], pa.map_(pa.string(), pa.string())),
        "attribute_types": pa.array([one.types for one in origins], pa.string()),
        "dropped_attributes_count": pa.array([one.dropped_attributes_count for one in origins], pa.uint32()),
        "schema_url": pa.array([one.schema_url for one in origins], pa.string()),
    }
