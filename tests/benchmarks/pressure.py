"""Bombs, slow senders and overload against a collector process: time, memory and what is answered. `make bench-pressure`."""

import contextlib
import gzip
import http.client
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from tests.benchmarks.generate import trace_requests
from tests.benchmarks.packed_call import call_packed

from relaylens_collector.receive.otlp_grpc import METHODS

SLOW = 1000
OVERLOAD_SECONDS = 60
_MIB = 1 << 20
_EXPORT = next(iter(METHODS))
_HEAD = b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"


class Process:
    """A collector in a process of its own."""

    def __init__(self, store: Path, *arguments: str) -> None:
        """Start it on free ports."""
        command = [sys.executable, "-m", "relaylens_collector", "--store", str(store), "--otlp-http-port", "0", "--otlp-grpc-port", "0"]
        command += arguments
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self._process.stdout is not None
        line = next(line for line in self._process.stdout if line.startswith("ready"))
        self.http = int(line.split("http://127.0.0.1:")[1].split(",")[0])
        self.grpc = int(line.split("OTLP/gRPC on 127.0.0.1:")[1].split(",")[0])
        threading.Thread(target=self._process.stdout.read, daemon=True).start()

    def memory(self, name: str = "VmRSS") -> int:
        """Bytes in memory now, or at most (VmHWM)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith(f"{name}:"))

    def processor_seconds(self) -> float:
        """What it has taken of processors: other work on the machine does not lengthen that."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def forget_peak(self) -> None:
        """Count the most memory from now on."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")

    def stop(self) -> None:
        """End it in order."""
        self._process.terminate()
        self._process.wait(60)

    def post(self, body: bytes, encoding: str = "identity") -> tuple[int, str | None]:
        """Return status and Retry-After."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=60)
        try:
            connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf", "content-encoding": encoding})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("retry-after")
        finally:
            connection.close()


@contextlib.contextmanager
def collector(*arguments: str) -> Iterator[tuple[Process, Path]]:
    """Run a collector on an empty store."""
    with tempfile.TemporaryDirectory() as folder:
        process = Process(Path(folder) / "store", *arguments)
        try:
            yield process, Path(folder) / "store"
        finally:
            process.stop()


def _zeros(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(_MIB)) for _ in range(size // _MIB)) + packer.flush()


def bombs() -> None:
    """Small bodies that would be large."""
    empty_spans = b"\x12\x00" * 8_000_000
    scope = b"\x12" + _varint(len(empty_spans)) + empty_spans
    request = b"\x0a" + _varint(len(scope)) + scope
    gigabyte = _zeros(1024 * _MIB)
    bodies = {
        "1 GiB of zeros": gigabyte,
        "the same packed twice": gzip.compress(gigabyte),
        "8,000,000 empty spans": gzip.compress(request, 1),
    }
    with collector() as (process, _):
        process.post(b"")
        for name, body in bodies.items():
            process.forget_peak()
            before, began, worked = process.memory(), time.perf_counter(), process.processor_seconds()
            status, retry = process.post(body, "gzip")
            seconds, worked = time.perf_counter() - began, process.processor_seconds() - worked
            grown = (process.memory("VmHWM") - before) // _MIB
            said = f"{status}  retry {retry}  {seconds:5.2f} s, {worked:.2f} s of processors"
            print(f"{name:34} {len(body):>9,} bytes  {said}  + {grown} MiB")
        packed = _zeros(500 * _MIB)
        call_packed(process.grpc, _EXPORT, gzip.compress(b""))
        process.forget_peak()
        before, began, worked = process.memory(), time.perf_counter(), process.processor_seconds()
        with ThreadPoolExecutor(4) as pool:
            codes = Counter(pool.map(lambda _: _status_name(call_packed(process.grpc, _EXPORT, packed)), range(4)))
        seconds, worked = time.perf_counter() - began, process.processor_seconds() - worked
        grown = (process.memory("VmHWM") - before) // _MIB
        name = "gRPC, 500 MiB of zeros, 4 at once"
        print(f"{name:34} {len(packed):>9,} bytes  {dict(codes)}  {seconds:5.2f} s, {worked:.2f} s of processors  + {grown} MiB")


def _status_name(number: int | None) -> str:
    return next((code.name for code in grpc.StatusCode if code.value[0] == number), "hung up")


def slow_senders() -> None:
    """Headers and bodies that come by the byte, and others meanwhile."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with collector() as (process, _):
        process.post(b"")
        before = process.memory()
        began = time.monotonic()
        kinds = {"headers": _HEAD[:40], "bodies": _HEAD + b"Content-Length: 100000\r\n\r\nab"}
        waiting = {kind: [_sent(process.http, head) for _ in range(SLOW)] for kind, head in kinds.items()}
        times: list[float] = []
        while any(waiting.values()) and time.monotonic() - began < 60:
            for kind, ones in waiting.items():
                waiting[kind] = [one for one in ones if _drip(one)]
                if ones and not waiting[kind]:
                    print(f"{SLOW} slow {kind:8} all closed after {time.monotonic() - began:.1f} s")
            for _ in range(20):
                asked = time.perf_counter()
                process.post(b"")
                times.append(time.perf_counter() - asked)
        times.sort()
        middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
        print(f"normal requests meanwhile: {len(times)}, p50 {middle * 1000:.1f} ms, p99 {late * 1000:.1f} ms")
        print(f"memory: + {(process.memory() - before) // _MIB} MiB")


def _sent(port: int, head: bytes) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), timeout=30)
    one.sendall(head)
    one.setblocking(False)  # noqa: FBT003 - its own signature
    return one


def _drip(one: socket.socket) -> bool:
    """Send a byte, and tell whether the connection is open still."""
    try:
        one.send(b"a")
        while one.recv(4096):
            pass
    except BlockingIOError:
        return True
    except OSError:
        pass
    one.close()
    return False


def overload() -> None:
    """As many requests as eight senders can make, to a collector that may hold little."""
    with collector("--waiting-bytes", str(8 * _MIB), "--in-flight-bytes", str(8 * _MIB)) as (process, _):
        process.post(b"")
        answers: Counter[str] = Counter()
        refused: list[float] = []
        memory: list[int] = []
        lock = threading.Lock()
        accepted = 0
        bodies = list(trace_requests(4000, 50))
        ends = time.monotonic() + OVERLOAD_SECONDS

        def send(number: int) -> None:
            nonlocal accepted
            for body in bodies[number::8]:
                if time.monotonic() > ends:
                    return
                began = time.perf_counter()
                status, retry = process.post(body)
                seconds = time.perf_counter() - began
                with lock:
                    answers[f"{status}{'' if status == 200 else f' retry-after {retry}'}"] += 1
                    if status == 200:
                        accepted += 1
                    else:
                        refused.append(seconds)

        with ThreadPoolExecutor(8) as pool:
            done = [pool.submit(send, number) for number in range(8)]
            while not all(one.done() for one in done):
                memory.append(process.memory())
                time.sleep(1)
        stored = _stored(process, accepted)
    print(f"answers: {dict(answers)}; accepted {accepted}, stored {stored}")
    refused.sort()
    if refused:
        print(f"refusals: p50 {refused[len(refused) // 2] * 1000:.1f} ms, p99 {refused[int(len(refused) * 0.99)] * 1000:.1f} ms")
    if memory:
        print(f"memory: {memory[0] // _MIB} MiB at first, {memory[len(memory) // 2] // _MIB} half way, {memory[-1] // _MIB} at the end")


def _stored(process: Process, expected: int) -> int:
    """Count the requests in the database, once they are all there or a minute is over."""
    deadline, stored = time.monotonic() + 60, -1
    while stored != expected and time.monotonic() < deadline:
        time.sleep(0.5)
        connection = http.client.HTTPConnection("127.0.0.1", process.http, timeout=60)
        question = json.dumps({"sql": "SELECT count(*) FROM batches"})
        connection.request("POST", "/api/v1/sql", question, {"content-type": "application/json"})
        ((stored,),) = json.loads(connection.getresponse().read())["rows"]
        connection.close()
    return stored


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


if __name__ == "__main__":
    for part in (bombs, slow_senders, overload):
        print(f"\n{part.__doc__}\n")
        part()
