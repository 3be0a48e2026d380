"""How the dashboard is started: Streamlit as a child process, bound to loopback, with every setting given here.

Settings are flags, not a file, because Streamlit would also read one from the folder it is started in; a flag wins over both.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from relaylens_analytics import tls
from relaylens_dashboard.charts.colours import THEME

STORE_VARIABLE: Final = "RELAYLENS_URL"
"""Environment variable that tells the screens which store to read: a folder or a collector's address."""

TOKEN_VARIABLE: Final = "RELAYLENS_TOKEN"  # noqa: S105 - a variable's name
"""Environment variable with the collector's token; never an argument, because arguments are seen by every user of the machine."""

LOOPBACK: Final = "127.0.0.1"
"""Where the dashboard listens unless told otherwise."""

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
"""Host names a browser may use to reach it; any other is refused, against DNS rebinding."""

SCRIPT: Final = Path(__file__).with_name("app.py")
"""What Streamlit runs."""

_SETTINGS: Final[Mapping[str, str]] = {
    "browser.gatherUsageStats": "false",  # else the browser calls data.streamlit.io
    "client.disableDataExport": "true",  # its CSV leaves formulas alive; the screens have their own export
    "client.showErrorDetails": "none",  # a traceback holds paths and, at times, trace text
    "client.showErrorLinks": "false",  # they lead to search engines, with the error's text
    "client.toolbarMode": "viewer",
    "global.developmentMode": "false",
    "logger.level": "warning",
    "runner.magicEnabled": "false",
    "server.enableAgentApi": "false",
    "server.enableStaticServing": "false",
    "server.fileWatcherType": "none",
    "server.headless": "true",
    "server.maxMessageSize": "50",
    "server.maxUploadSize": "1",
    "server.runOnSave": "false",
    "server.showEmailPrompt": "false",
    **THEME,
}


def command(*, port: int, address: str = LOOPBACK, hosts: Sequence[str] = LOOPBACK_NAMES) -> list[str]:
    """Give the command that serves the dashboard; `environment` tells it which store to read."""
    settings = {**_SETTINGS, "server.address": address, "server.port": str(port), "browser.serverAddress": hosts[0]}
    flags = [f"--{name}={value}" for name, value in settings.items()]
    allowed = [f"--server.allowedHosts={host}" for host in hosts]
    return [sys.executable, "-m", "streamlit", "run", str(SCRIPT), *flags, *allowed]


def environment(url: str | Path, token: str | None = None, certificate: str | None = None) -> dict[str, str]:
    """Give the child's whole environment: ours, what to read, by which token and certificate, and no Streamlit setting from outside."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    inherited.pop(TOKEN_VARIABLE, None)
    inherited.pop(tls.PINNED, None)
    given = {TOKEN_VARIABLE: token, tls.PINNED: certificate}
    return {**inherited, STORE_VARIABLE: str(url)} | {name: value for name, value in given.items() if value is not None}


def health_url(port: int) -> str:
    """Give the address that answers 200 once the dashboard is up."""
    return f"http://{LOOPBACK}:{port}/_stcore/health"
