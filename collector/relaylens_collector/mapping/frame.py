"""What the rows of every signal have in common: the batch, the place in it, the resource and the scope."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from relaylens_collector.mapping.columns import Ints, uuids
from relaylens_collector.mapping.decoding import Decoded
from relaylens_collector.mapping.origins import Origin


@dataclass(frozen=True, slots=True)
class Frame:
    """Records of several requests of one signal, one after the other."""

    records: pa.Array
    batch: Ints
    ordinal: Ints
    resources: tuple[Origin, ...]
    resource_of: Ints
    scopes: tuple[Origin, ...]
    scope_of: Ints

    def columns(self) -> dict[str, pa.Array]:
        """Return the columns that all signals have."""
        names = pa.array([one.name for one in self.resources], pa.string())
        return {
            "batch": pa.array(self.batch),
            "ordinal": pa.array(self.ordinal),
            "resource": uuids([one.key for one in self.resources]).take(pa.array(self.resource_of)),
            "scope": uuids([one.key for one in self.scopes]).take(pa.array(self.scope_of)),
            "service_name": names.take(pa.array(self.resource_of)),
        }


def frame_of(requests: Sequence[tuple[int, Decoded]]) -> Frame:
    """Join requests of one signal, given with their batch numbers."""
    resources = [one for _, decoded in requests for one in decoded.resources]
    scopes = [one for _, decoded in requests for one in decoded.scopes]
    parts = [decoded for _, decoded in requests]
    return Frame(
        parts[0].records if len(parts) == 1 else pa.concat_arrays([part.records for part in parts]),
        np.repeat(np.array([seq for seq, _ in requests], np.int64), [len(part.records) for part in parts]),
        np.concatenate([part.ordinals for part in parts]),
        tuple(resources),
        _shifted([part.resource_of for part in parts], [len(part.resources) for part in parts]),
        tuple(scopes),
        _shifted([part.scope_of for part in parts], [len(part.scopes) for part in parts]),
    )


def _shifted(places: Sequence[Ints], sizes: Sequence[int]) -> Ints:
    """Join places in lists that are joined themselves."""
    starts = np.cumsum([0, *sizes[:-1]])
    return np.concatenate([one + start for one, start in zip(places, starts, strict=True)]).astype(np.int32)
