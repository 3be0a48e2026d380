"""Who connects where: collector and dashboard to nobody but each other, and no foreign page to the dashboard."""

import http.client
import ipaddress
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from .test_live import running

pytestmark = pytest.mark.xdist_group("live")

_PAGES: Final = ("", "runs", "agents", "metrics", "sql")

_WATCH: Final = """
import os, sys

def _watch(event, args):
    if event in {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendmsg"}:
        told = args[1] if event in {"socket.connect", "socket.sendto", "socket.sendmsg"} else args[0]
        file = os.open(os.environ["TEST_WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{event}\\t{told!r}\\n".encode())
        os.close(file)

sys.addaudithook(_watch)
"""
"""A module that Python imports at every start: it notes every connection that Python code asks for, before it is made."""


class Sockets:
    """Looks again and again which other machines the sockets of a process and its children are connected to."""

    def __init__(self, process: int) -> None:
        """Begin to look."""
        self.found: set[str] = set()
        self.looks = 0
        self._process = process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.01):
            self.looks += 1
            for process in _with_children(self._process):
                inodes = set(_sockets_of(process))
                for kind in ("tcp", "tcp6", "udp", "udp6"):
                    self.found |= {place for inode, place in _peers(process, kind) if inode in inodes and _is_elsewhere(place)}


def _with_children(process: int) -> Iterator[int]:
    yield process
    try:
        tasks = list(Path(f"/proc/{process}/task").glob("*/children"))
        children = [int(child) for task in tasks for child in task.read_text().split()]
    except OSError:
        return
    for child in children:
        yield from _with_children(child)


def _sockets_of(process: int) -> Iterator[str]:
    try:
        for number in os.listdir(f"/proc/{process}/fd"):  # noqa: PTH208 - names alone
            target = os.readlink(f"/proc/{process}/fd/{number}")  # noqa: PTH115 - no path at all
            if target.startswith("socket:["):
                yield target[8:-1]
    except OSError:
        return


def _peers(process: int, kind: str) -> Iterator[tuple[str, str]]:
    """Inode and remote address of every socket of a kind, as the kernel lists them."""
    try:
        lines = Path(f"/proc/{process}/net/{kind}").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return
    for fields in (line.split() for line in lines):
        packed = bytes.fromhex(fields[2].partition(":")[0])
        swapped = b"".join(packed[place : place + 4][::-1] for place in range(0, len(packed), 4))
        yield fields[9], str(ipaddress.ip_address(swapped))


def _is_elsewhere(address: str) -> bool:
    place = ipaddress.ip_address(address)
    mapped = getattr(place, "ipv4_mapped", None) or place
    return not (mapped.is_loopback or mapped.is_unspecified)


def _open(dashboard: str, page: str) -> int:
    """Open a page as a browser does, until its script has run; the number of messages that came."""
    address = f"ws://{urlsplit(dashboard).netloc}/_stcore/stream"
    asked = BackMsg()
    asked.rerun_script.page_name = page
    count = 0
    with connect(address, origin=Origin(dashboard), subprotocols=[Subprotocol("streamlit")], max_size=None, proxy=None) as socket:
        socket.send(asked.SerializeToString())
        while True:
            message = socket.recv(60)
            count += 1
            if isinstance(message, bytes) and ForwardMsg.FromString(message).WhichOneof("type") == "script_finished":
                return count


def test_nothing_is_told_to_anyone_else(bodies: list[bytes], tmp_path: Path) -> None:
    """G37: from start to stop, with data coming in and pages opened, every connection is to this machine and no name is looked up."""
    (tmp_path / "sitecustomize.py").write_text(_WATCH, encoding="utf-8")
    watched = tmp_path / "watched"
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    ports = ("--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0")
    with running("up", "--store", tmp_path / "store", *ports, PYTHONPATH=path, TEST_WATCHED=str(watched)) as live:
        sockets = Sockets(live.process.pid)
        try:
            for body in bodies:
                request = Request(f"{live.url}/v1/traces", body, {"Content-Type": "application/x-protobuf"})  # noqa: S310 - our own
                assert 200 == build_opener(ProxyHandler({})).open(request, timeout=30).status
            messages = [_open(live.dashboard, page) for page in _PAGES]
        finally:
            sockets.stop()
        code, _ = live.stop(signal.SIGTERM)
    told = [line.split("\t", 1) for line in watched.read_text(encoding="utf-8").splitlines()]
    elsewhere = [(event, place) for event, place in told if not place.startswith(("('127.0.0.1'", "('::1'", "'127.0.0.1'", "'localhost'"))]

    assert 0 == code
    assert min(messages) > 3
    assert sockets.looks > 10
    assert "socket.connect" in {event for event, place in told if place.startswith("('127.0.0.1'")}
    assert [] == elsewhere
    assert set() == sockets.found


def _upgrade(port: int, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    try:
        connection.request("GET", "/_stcore/stream", headers=asked | headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_foreign_pages_do_not_reach_the_dashboard(tmp_path: Path) -> None:
    """G23: neither with their Origin, nor under a name that was made to point here, nor as a form or an upload."""
    ports = ("--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0")
    with running("up", "--store", tmp_path, *ports) as live:
        port = urlsplit(live.dashboard).port
        assert port is not None
        own = _upgrade(port, {"Host": f"127.0.0.1:{port}", "Origin": live.dashboard})
        foreign = [
            _upgrade(port, {"Host": host, "Origin": origin})
            for host, origin in (
                (f"127.0.0.1:{port}", "https://evil.example"),
                (f"127.0.0.1:{port}", f"http://evil.example:{port}"),
                (f"127.0.0.1:{port}", "null"),
                (f"evil.example:{port}", f"http://evil.example:{port}"),
                (f"evil.example:{port}", live.dashboard),
                (f"localhost.evil.example:{port}", f"http://localhost.evil.example:{port}"),
            )
        ]
        live.stop(signal.SIGTERM)

    assert 101 == own
    assert [403] * 6 == foreign
