"""A conformance suite for OTLP servers: 64 items, each a test against an address, whoever serves there.

python -m relaylens_collector.conformance --target http://127.0.0.1:4318 --grpc 127.0.0.1:4317

It knows the protocol and nothing of any server's inside. What was stored is read back through a URL that answers a trace as OTLP
(`--trace-url`); what needs a server that can be killed, overloaded or starved of disk is tested with one that the suite starts by a command
(`--serve`). An item that cannot be tested without such help says what it needs; it counts neither as passed nor as failed.

Source of the items: opentelemetry-proto's docs/specification.md (levels M and S are its MUST and SHOULD), and robustness beyond it (R).
"""
