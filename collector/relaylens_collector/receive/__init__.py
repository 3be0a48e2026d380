"""OTLP in: gRPC and HTTP, with the limits and the answers that the protocol asks for."""
