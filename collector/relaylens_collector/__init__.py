"""OTLP in, journal, mapping, store and read API."""

import os

# gRPC's library writes to standard error by itself, past our log: what a client sent, as it came, line breaks and all.
# It reads this when it is first imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
