"""Who may ask at all: the first thing that every HTTP request meets, whatever its path.

A listener on loopback is no protection by itself: any web page can make a browser send requests to it, and a name that resolves
to 127.0.0.1 makes them same-origin. So the Host has to be one of ours, an Origin too, and a token, once there is one, is asked of everyone.
"""

import ipaddress
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

import grpc

from relaylens_collector.access import Authenticator, Grant
from relaylens_collector.receive.refusals import Refusal

_OURS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_BEARER: Final = "bearer"
_FOREIGN: Final = "cross-site"


class Gate:
    """Checks token, Host and Origin."""

    def __init__(self, authenticator: Authenticator, *, host: str, allowed_hosts: Collection[str]) -> None:
        """Allow the names of the address that is listened on, and those given."""
        self._authenticator = authenticator
        self._hosts = _OURS | {host.lower()} | {name.lower() for name in allowed_hosts}
        # On another address than loopback any name may lead here; the token keeps browsers out, for they do not have it.
        self._any_host = not allowed_hosts and not is_loopback(host)

    def check(self, headers: Mapping[str, str]) -> Grant:
        """Return what the sender may do; raises a refusal, or NotAuthenticatedError, when the request may not pass."""
        grant = self.grant(headers.get("authorization"))
        if not (self._any_host and self._authenticator.is_needed) and _host_name(headers.get("host", "")) not in self._hosts:
            message = f"The Host {headers.get('host', '')[:100]!r} is not served here; add it to the allowed hosts if it should be."
            raise Refusal(grpc.StatusCode.PERMISSION_DENIED, message)
        origin = headers.get("origin")
        if origin is not None and _origin_name(origin) not in self._hosts:
            message = f"Requests of pages from {origin[:100]!r} are not taken."
            raise Refusal(grpc.StatusCode.PERMISSION_DENIED, message)
        # Some requests, such as those of pictures, have no Origin; browsers say of them where they come from all the same.
        if origin is None and headers.get("sec-fetch-site") == _FOREIGN:
            message = "Requests of foreign pages are not taken."
            raise Refusal(grpc.StatusCode.PERMISSION_DENIED, message)
        return grant

    def grant(self, authorization: str | None) -> Grant:
        """Return what the holder of the token in the header may do; raises NotAuthenticatedError when that is nothing."""
        scheme, _, given = (authorization or "").strip().partition(" ")
        return self._authenticator.grant(given.strip() if scheme.lower() == _BEARER else None)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _host_name(host: str) -> str:
    """Return the name of a Host header without its port."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, separator, port = host.rpartition(":")
    return name if separator and port.isdigit() else host


def _origin_name(origin: str) -> str | None:
    try:
        return urlsplit(origin.strip()).hostname
    except ValueError:
        return None
