"""Everything a collector does to the files of its store, in order, as strace saw it.

strace, because DuckDB writes from C++ and nothing in Python sees it; and because it needs no rights, no module of the kernel and no
compiler. Where it is not installed the tests that need it are skipped; `.ci/system-packages` installs it.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CALLS: Final = (
    "openat,close,lseek,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,ftruncate,"
    "rename,renameat,renameat2,unlink,unlinkat,mkdir,fallocate,sync_file_range,copy_file_range,sendfile"
)
_LINE: Final = re.compile(r"(?P<thread>\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\()(?P<rest>.*)")
_RESULT: Final = re.compile(r"\) += (-?\d+)(?: .*)?$")
_TEXT: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_BUFFERS: Final = re.compile(r"\[.*\]")
_UNFINISHED: Final = " <unfinished ...>"
_LONGEST: Final = 4 << 20
"""Bytes of one write that strace tells whole."""


@dataclass(eq=False, slots=True)
class Call:
    """One call of the kernel."""

    name: str
    arguments: str
    """As strace writes them, without their texts."""
    texts: list[bytes]
    result: int = -1

    def number(self, place: int) -> int:
        """Return the number at a place among the arguments; a list of buffers is one of them."""
        return int(_BUFFERS.sub("", self.arguments.partition(")")[0]).split(",")[place])


@dataclass(frozen=True, slots=True)
class Moment:
    """A call begins, or has returned."""

    call: Call
    is_over: bool


def record(folder: Path, requests: int) -> Path:
    """Run a collector on the folder's `store` under strace, and return the file of what it did."""
    trace = folder / "trace"
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-v", "-xx", "-s", str(_LONGEST), "-e", f"trace={_CALLS}", "-e", "signal=none"]
    program = [sys.executable, "-m", "tests.collector.crash.recorded_run", str(folder / "store"), str(requests)]
    subprocess.run([*strace, "-o", str(trace), *program], check=True, timeout=300)
    return trace


def moments(trace: Path) -> Iterator[Moment]:
    """Yield what began and what returned, in the order in which strace saw it."""
    open_calls: dict[str, Call] = {}
    with trace.open() as lines:
        for line in lines:
            found = _LINE.match(line)
            if found is None:
                continue
            rest = found["rest"].rstrip()
            if found["resumed"] is not None:
                call = open_calls.pop(found["thread"])
                call.arguments += _TEXT.sub("", rest)
            else:
                texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(rest)]
                call = Call(found["name"], _TEXT.sub("", rest).removesuffix(_UNFINISHED), texts)
                yield Moment(call, is_over=False)
                if rest.endswith(_UNFINISHED):
                    open_calls[found["thread"]] = call
                    continue
            result = _RESULT.search(rest)
            call.result = -1 if result is None else int(result[1])
            yield Moment(call, is_over=True)
