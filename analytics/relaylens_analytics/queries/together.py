"""Several questions asked at once: each waits for its own rows, and most of a short one's time is its planning."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pyarrow as pa

_AT_ONCE: Final = 3
"""Questions that wait for their answers at once; more would only take the processors from others."""


def together(*questions: Callable[[], pa.Table]) -> list[list[Mapping[str, Any]]]:
    """Answer every question, and give their rows in the order of the questions; raises what the first of them that fails raises."""
    with ThreadPoolExecutor(_AT_ONCE, "relaylens-question") as pool:
        asked = [pool.submit(question) for question in questions]
        return [one.result().to_pylist() for one in asked]
