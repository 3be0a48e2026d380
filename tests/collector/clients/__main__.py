"""`python -m tests.collector.clients NAME HTTP GRPC`: one span over each transport of an exporter, for C59 of the conformance suite."""

import json
import os
import subprocess
import sys

from tests.collector.clients.environments import CLIENTS
from tests.collector.clients.plans import plan_of

from relaylens_collector.conformance.samples import Trace


def main() -> int:
    """Send, and print the traces' ids."""
    name, http, grpc = sys.argv[1:]
    (client,) = [one for one in CLIENTS if one.name == name]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for transport in client.transports:
        trace = Trace.new()
        plan = {"transport": transport, "http": http, "grpc": grpc, "spans": plan_of(trace.hex)[:1]}
        ran = subprocess.run(client.command(), input=json.dumps(plan), capture_output=True, text=True, check=False, env=environment)
        if ran.returncode:
            sys.stderr.write(ran.stderr)
            return 1
        sys.stdout.write(f"{trace.hex}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
