"""Which certificates are believed of a collector, and which is shown to it: by the variables that senders of OTLP have for it."""

import os
import ssl
from collections.abc import Mapping
from typing import Final

from relaylens_analytics.errors import InsecureError

PINNED: Final = "RELAYLENS_SERVER_CERTIFICATE"
"""Variable with the one certificate, as PEM, that is believed whatever names it has: `relaylens up` gives it to its own dashboard."""

TRUSTED: Final = "OTEL_EXPORTER_OTLP_CERTIFICATE"
SHOWN: Final = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"
SHOWN_KEY: Final = "OTEL_EXPORTER_OTLP_CLIENT_KEY"


def context(environment: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Make what a connection is secured with; raises InsecureError for a file that cannot be used."""
    try:
        if environment.get(PINNED):
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            made.check_hostname = False  # whose certificate it is, is known
            made.load_verify_locations(cadata=environment[PINNED])
            made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        else:
            made = ssl.create_default_context(cafile=environment.get(TRUSTED) or None)
        if environment.get(SHOWN):
            made.load_cert_chain(environment[SHOWN], environment.get(SHOWN_KEY) or None, password=_no_password)
    except (OSError, ValueError) as error:
        files = ", ".join(f"{name}={environment[name]}" for name in (TRUSTED, SHOWN, SHOWN_KEY) if environment.get(name))
        detail = f"({files}: {error})"
        raise InsecureError(detail) from error
    return made


def _no_password() -> str:
    """A command has nobody to ask."""
    message = "the key has a password; take it off"
    raise ValueError(message)
