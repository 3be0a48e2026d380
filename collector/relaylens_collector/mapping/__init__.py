"""From the bytes of an OTLP request to rows of the store, in columns."""

from relaylens_collector.mapping.decoding import Decoded, check_parts, decode

__all__ = ["Decoded", "check_parts", "decode"]
