"""The small server in this process, and the command that starts it as one of its own."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.collector.conformance.small_server.grpc_side import GrpcServer
from tests.collector.conformance.small_server.http_side import HttpServer, Rules
from tests.collector.conformance.small_server.storing import Store

from relaylens_collector.conformance.serving import Serving
from relaylens_collector.conformance.target import Target

LIMIT = 20 << 20


@contextmanager
def running(fault: str) -> Iterator[Target]:
    """A server with this fault, as the suite sees it: by its addresses, with a command that starts more like it."""
    rules = Rules(Store(None, fault), fault, LIMIT)
    over_http, over_grpc = HttpServer(rules, 0, None), GrpcServer(rules, 0, None)
    thread = threading.Thread(target=over_http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        port: int = over_http.server_address[1]
        yield Target(
            f"http://127.0.0.1:{port}",
            f"127.0.0.1:{over_grpc.port}",
            trace_url="{http}/traces/{trace_id}",
            max_body=LIMIT,
            options=serving(fault),
        )
    finally:
        over_http.shutdown()
        thread.join()
        over_http.server_close()
        over_grpc.stop(0)


def serving(fault: str) -> Serving:
    """How to start it as a process."""
    command = f"{sys.executable} -m tests.collector.conformance.small_server --fault '{fault}'"
    command += " --folder {folder} --http {http} --grpc {grpc}"
    return Serving(
        command,
        max_body="--limit {bytes}",
        in_flight="--in-flight {bytes}",
        auth="--token {token}",
        tls="--tls {certificate} {key}",
        routes=("/traces/" + "0" * 32, "/alive", "/ready"),
        ready="/ready",
        alive="/alive",
    )
