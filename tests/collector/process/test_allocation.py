"""What one transaction frees the next one takes again."""

import subprocess
import sys

import pytest

_CODE = """
import resource, sys
from relaylens_collector.allocation import keep_freed_memory
if sys.argv[1] == "keep" and not keep_freed_memory():
    sys.exit("no mallopt")
for round in range(12):
    if round == 2:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [bytearray(b"x") * (1 << 20) for _ in range(12)]
    del blocks
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _page_faults(how: str) -> int:
    """How many pages ten rounds of the same allocations took from the kernel."""
    ended = subprocess.run([sys.executable, "-c", _CODE, how], capture_output=True, text=True, check=False, timeout=60)
    if ended.stderr.startswith("no mallopt"):
        pytest.skip("This system's C library has no mallopt.")
    return int(ended.stdout)


def test_freed_memory_is_kept() -> None:
    """The kernel is asked for the pages once, not in every round."""
    assert 10 * _page_faults("keep") < _page_faults("as it is")


def test_the_collector_goes_without_pandas() -> None:
    """Arrow does not import it once it was told, whatever is made of what, and whoever wants it can still have it."""
    code = """
import sys
from relaylens_collector import __main__
from relaylens_collector.allocation import leave_pandas_out
leave_pandas_out()
import pyarrow as pa
pa.array([1, None]), pa.scalar("a"), pa.table({"a": ["b"]})
print("pandas" in sys.modules)
import pandas
print("pandas" in sys.modules)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ["False", "True"] == ended.stdout.split()
