"""`python -m tests.collector.conformance.small_server`: the small server as a process of its own, with a fault by name."""

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path

from tests.collector.conformance.small_server.grpc_side import GrpcServer
from tests.collector.conformance.small_server.http_side import HttpServer, Rules
from tests.collector.conformance.small_server.storing import Store


def main() -> int:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fault", default="none")
    parser.add_argument("--http", type=int)
    parser.add_argument("--grpc", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--limit", type=int, default=20 << 20)
    parser.add_argument("--in-flight", type=int, default=1 << 30)
    parser.add_argument("--token")
    parser.add_argument("--tls", nargs=2)
    given = parser.parse_args()
    fault = given.fault
    tls = None if given.tls is None or fault == "no TLS" else (given.tls[0], given.tls[1])
    stops = {signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    limit = 20 << 20 if fault == "a limit that is fixed" else given.limit
    rules = Rules(Store(given.folder, fault), fault, limit, given.in_flight, given.token)
    over_grpc, over_http = GrpcServer(rules, given.grpc, tls), HttpServer(rules, given.http, tls)
    threading.Thread(target=over_http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    signal.sigwait(stops)
    if fault == "leaves at once":
        os._exit(1)
    over_http.shutdown()
    over_grpc.stop(2)
    deadline = time.monotonic() + 2
    while rules.held and time.monotonic() < deadline:
        time.sleep(0.01)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
