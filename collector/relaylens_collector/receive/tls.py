"""TLS: which certificates the server shows, and which it wants to see."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from relaylens_collector.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM."""

    certificate: Path
    key: Path
    client_ca: Path | None = None
    """Clients need a certificate that one of these has signed."""


def check_tls(certificate: Path | None, key: Path | None, client_ca: Path | None) -> None:
    """Raise SettingsError unless the files can be read and belong together: the servers themselves say less clearly what is wrong."""
    if certificate is None and key is None and client_ca is None:
        return
    if certificate is None or key is None:
        message = "TLS needs both a certificate and its key (--tls-certificate, --tls-key)."
        raise SettingsError(message)
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key, password=_no_password)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
    except (OSError, ValueError) as error:
        message = f"TLS: {certificate}, {key}{'' if client_ca is None else f', {client_ca}'}: {error}"
        raise SettingsError(message) from error


def _no_password() -> str:
    """A server has nobody to ask."""
    message = "the key has a password; take it off"
    raise ValueError(message)
