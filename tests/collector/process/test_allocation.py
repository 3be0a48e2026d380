"""What one transaction frees the next one takes again."""

import subprocess
import sys

import pytest

from relaylens_collector.allocation import _unchanged

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


def test_code_that_is_not_needed_is_not_held() -> None:
    """Giving memory back unmaps what libraries brought from their files, and what they do afterwards is as before."""
    code = """
import sys
from pathlib import Path
import duckdb
from relaylens_collector.allocation import _code, give_freed_memory_back
def from_files():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssFile:"))
if not _code():
    sys.exit("no code")
question = "SELECT sum(i * i), string_agg(hash(i)::VARCHAR, ',' ORDER BY i) FROM range(1000) AS r(i)"
connection = duckdb.connect()
answer = connection.execute(question).fetchall()
before = from_files()
give_freed_memory_back()
after = from_files()
print(after < before / 4, connection.execute(question).fetchall() == answer)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    if ended.stderr.startswith("no code"):
        pytest.skip("This system does not tell what is mapped.")
    assert ["True", "True"] == ended.stdout.split()


def test_only_what_equals_its_file_is_unmapped() -> None:
    """A mapping is left alone when it may be written, has pages of its own, or is no library's."""
    smaps = """\
1000-3000 r-xp 00001000 fd:00 12 /usr/lib/liba.so.1
Rss:                   8 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
3000-4000 r--p 00003000 fd:00 12 /usr/lib/liba.so.1
Rss:                   4 kB
Anonymous:             4 kB
VmFlags: rd mr mw me
4000-5000 rw-p 00004000 fd:00 12 /usr/lib/liba.so.1
Anonymous:             0 kB
VmFlags: rd wr mr mw me
5000-6000 r--p 00000000 fd:00 13 /usr/share/locale/C.utf8
Anonymous:             0 kB
VmFlags: rd mr mw me
6000-8000 r--p 00000000 fd:00 14 /lib/b.cpython-311-x86_64-linux-gnu.so
Anonymous:             0 kB
VmFlags: rd mr mw me
8000-9000 r-xp 00000000 00:00 0
Anonymous:             0 kB
VmFlags: rd ex mr mw me
"""
    assert [(0x1000, 0x2000), (0x6000, 0x2000)] == list(_unchanged(smaps))
