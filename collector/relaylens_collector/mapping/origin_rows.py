"""Resources and scopes as rows of the tables `resources` and `scopes`."""

from collections.abc import Callable, Sequence
from itertools import accumulate, chain

import pyarrow as pa

from relaylens_collector.mapping.cells import LongTexts, References
from relaylens_collector.mapping.columns import uuids
from relaylens_collector.mapping.origins import Origin


def map_resources(found: Sequence[tuple[int, Origin]], longs: LongTexts) -> Callable[[References], pa.Table]:
    """Take the resources' long texts; what is returned builds the rows once their references are known."""
    own = {
        "resource": uuids([one.key for _, one in found]),
        "service_name": pa.array([one.name for _, one in found], pa.string()),
        "entity_refs": pa.array([one.entity_refs for _, one in found], pa.string()),
    }
    shared = _shared_columns(found, longs)
    return lambda references: pa.table({**own, **shared(references)})


def map_scopes(found: Sequence[tuple[int, Origin]], longs: LongTexts) -> Callable[[References], pa.Table]:
    """Take the scopes' long texts; what is returned builds the rows once their references are known."""
    own = {
        "scope": uuids([one.key for _, one in found]),
        "name": pa.array([one.name for _, one in found], pa.string()),
        "version": pa.array([one.version for _, one in found], pa.string()),
    }
    shared = _shared_columns(found, longs)
    return lambda references: pa.table({**own, **shared(references)})


def _shared_columns(found: Sequence[tuple[int, Origin]], longs: LongTexts) -> Callable[[References], dict[str, pa.Array]]:
    """Take the long texts of the attributes and return what builds the columns that both tables have."""
    batches, origins = zip(*found, strict=True)
    offsets = pa.array([0, *accumulate(len(one.keys) for one in origins)], pa.int32())
    keys = pa.array(chain.from_iterable(one.keys for one in origins), pa.string())
    cells = longs.take(pa.array(chain.from_iterable(one.texts for one in origins), pa.string()))
    return lambda references: {
        "batch": pa.array(batches, pa.int64()),
        "attributes": pa.MapArray.from_arrays(offsets, keys, references.resolve(cells)),
        "attribute_types": pa.array([one.types for one in origins], pa.string()),
        "dropped_attributes_count": pa.array([one.dropped_attributes_count for one in origins], pa.uint32()),
        "schema_url": pa.array([one.schema_url for one in origins], pa.string()),
    }
