"""Concept columns: for each concept the first of its conventions that a span has."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from relaylens.semconv import CONVENTIONS
from relaylens_collector.mapping.attributes import Attributes
from relaylens_collector.mapping.columns import Ints, owners


def concept_columns(
    attributes: Attributes, cells: pa.StringArray, conventions: Mapping[str, Sequence[str]] = CONVENTIONS
) -> dict[str, pa.StringArray]:
    """Return each concept's column, taken from the cells of the attributes."""
    places = _places(attributes, conventions)
    rows = places.shape[1]
    found = cells.take(pa.array(places.ravel(), mask=places.ravel() < 0))
    return {concept: found.slice(number * rows, rows) for number, concept in enumerate(conventions)}


def _places(attributes: Attributes, conventions: Mapping[str, Sequence[str]]) -> Ints:
    """Return for each concept and row the place of its attribute, or -1."""
    codes = {key: code for code, key in enumerate(attributes.keys.dictionary.to_pylist())}
    places = np.full((len(conventions), len(attributes.offsets) - 1), -1, np.int32)
    indices = attributes.keys.indices.to_numpy()
    known = [
        (concept, place, codes[key]) for concept, keys in enumerate(conventions.values()) for place, key in enumerate(keys) if key in codes
    ]
    rows = owners(attributes.offsets)
    ranked = sorted(known, key=lambda one: -one[1])
    for concept, _, code in ranked:
        here = np.flatnonzero(indices == code)
        places[concept, rows[here]] = here
    return places
