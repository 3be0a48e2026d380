"""The collector's settings, each declared once.

Precedence: what is given on the command line, else the environment variable, else the default.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Self

from relaylens.redaction import KINDS
from relaylens_collector.access import TokenFile
from relaylens_collector.erasing.planning import Retention
from relaylens_collector.errors import SettingsError
from relaylens_collector.log_lines import FORMATS
from relaylens_collector.receive.gate import is_loopback
from relaylens_collector.receive.tls import Tls, check_tls
from relaylens_collector.redacting.setting_up import read_kinds

_MOST_PORTS: Final = 65535
_MEMORY: Final = re.compile(r"[1-9]\d*(\.\d+)? ?([KMGT]i?)?B", re.IGNORECASE)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= _MOST_PORTS:
        raise ValueError
    return port


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise ValueError
    return number


def _memory(text: str) -> str:
    if _MEMORY.fullmatch(text) is None:
        raise ValueError
    return text


def _log_format(text: str) -> str:
    if text not in FORMATS:
        raise ValueError
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _says(sentence: str, read: Callable[[str], object] = str, what: str = "text") -> dict[str, Any]:
    """Describe a setting: what it is for, how its text is read, and what that text has to be."""
    return {"sentence": sentence, "read": read, "what": what}


_BYTES: Final = (_positive, "a number of bytes")
_NUMBER: Final = (_positive, "a number above 0")
_SECONDS: Final = (_seconds, "a number of seconds")
_DAYS: Final = (_seconds, "a number of days")
_PORT: Final = (_port, "a port")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a collector is set up."""

    store: Path = field(default=Path("relaylens-data"), metadata=_says("Folder of the store: journal and database.", Path, "a folder"))
    host: str = field(default="127.0.0.1", metadata=_says("Address to listen on; any other than loopback needs a token."))
    otlp_http_port: int = field(default=4318, metadata=_says("Port of OTLP/HTTP and the read API; 0 takes any free one.", *_PORT))
    otlp_grpc_port: int = field(default=4317, metadata=_says("Port of OTLP/gRPC; 0 takes any free one.", *_PORT))
    token: str | None = field(
        default=None,
        repr=False,
        metadata=_says("A token that may do everything in the default project; more are made with `relaylens token`."),
    )
    tls_certificate: Path | None = field(
        default=None, metadata=_says("Certificate of the server, as PEM; with it both ports speak TLS only.", Path, "a file")
    )
    tls_key: Path | None = field(default=None, metadata=_says("Private key of the certificate, as PEM.", Path, "a file"))
    tls_client_ca: Path | None = field(
        default=None,
        metadata=_says("Certificates by which those of clients are signed, as PEM; with them clients need one.", Path, "a file"),
    )
    allowed_hosts: tuple[str, ...] = field(default=(), metadata=_says("More Host names to answer to, separated by commas.", _names))
    max_body_bytes: int = field(default=64 << 20, metadata=_says("Longest request, packed and unpacked.", *_BYTES))
    max_records: int = field(default=200_000, metadata=_says("Most records in one request.", *_NUMBER))
    body_seconds: float = field(default=30.0, metadata=_says("How long a request's body may take to arrive.", *_SECONDS))
    body_rate: int = field(
        default=1024, metadata=_says("Fewest bytes a second that a request's body may bring, after its first 5 seconds.", *_BYTES)
    )
    head_seconds: float = field(default=10.0, metadata=_says("How long a request's headers may take to arrive.", *_SECONDS))
    connections: int = field(
        default=2048, metadata=_says("Most connections of each port; of more, those over HTTP that wait longest are closed.", *_NUMBER)
    )
    in_flight_bytes: int = field(default=128 << 20, metadata=_says("Most request bytes in memory before senders have to wait.", *_BYTES))
    waiting_bytes: int = field(default=1 << 30, metadata=_says("Most request bytes on disk that wait for the database.", *_BYTES))
    free_bytes: int = field(default=256 << 20, metadata=_says("Room that stays free on the disk.", *_BYTES))
    memory_limit: str = field(default="176MiB", metadata=_says("Memory of the database.", _memory, "a size such as 512MB"))
    redact: tuple[str, ...] = field(
        default=(),
        metadata=_says(
            "What is taken out of all texts before anything is stored: true, or kinds (mail,phone,iban,card,secret,jwt,national_id,ip).",
            read_kinds,
            f"true, false, or some of {', '.join(KINDS)}",
        ),
    )
    redact_rules: Path | None = field(
        default=None, metadata=_says("TOML file with more patterns to be taken out, in a table [patterns].", Path, "a file")
    )
    privacy_key: str | None = field(
        default=None,
        repr=False,
        metadata=_says("Key of pseudonyms, as the instrumentation has it: with it stands [mail:3f9a1c02] where [mail] would."),
    )
    process_memory: int = field(
        default=2 << 30,
        metadata=_says("Memory the process may take beyond what it has at its start; a query that needs more fails, alone.", *_BYTES),
    )
    open_projects: int = field(
        default=2, metadata=_says("Most projects that are open at once, beside the default one; each takes half the memory.", *_NUMBER)
    )
    project_idle_seconds: float = field(default=60.0, metadata=_says("A project that was not used for so long is closed.", *_SECONDS))
    quiet_seconds: float = field(default=0.5, metadata=_says("Traces are settled when nothing has come for so long.", *_SECONDS))
    settle_every_seconds: float = field(
        default=5.0,
        metadata=_says("Under constant load traces are settled this often, or so that storing has two thirds of the time.", *_SECONDS),
    )
    sql_rows: int = field(default=1_000_000, metadata=_says("Most rows of one query's answer.", *_NUMBER))
    sql_bytes: int = field(default=128 << 20, metadata=_says("Most bytes of one query's answer.", *_BYTES))
    sql_seconds: float = field(default=10.0, metadata=_says("Longest time of one query.", *_SECONDS))
    anchor_key: Path | None = field(
        default=None,
        metadata=_says("Private key that signs anchors, made if it is not there; without it one in the store's folder.", Path, "a file"),
    )
    anchor_copies: Path | None = field(default=None, metadata=_says("Folder for a second copy of the signed anchors.", Path, "a folder"))
    anchor_records: int = field(default=1000, metadata=_says("An anchor is signed after so many records.", *_NUMBER))
    anchor_seconds: float = field(default=60.0, metadata=_says("An anchor is signed after so many seconds, if records came.", *_SECONDS))
    retention_days: float | None = field(default=None, metadata=_says("What came so long ago is erased; without it all is kept.", *_DAYS))
    retention_logs_days: float | None = field(default=None, metadata=_says("The same for logs, in place of retention_days.", *_DAYS))
    retention_metrics_days: float | None = field(default=None, metadata=_says("The same for metrics, in place of retention_days.", *_DAYS))
    retention_content_days: float | None = field(
        default=None, metadata=_says("The texts of people, models and tools are erased after so long, the rest stays.", *_DAYS)
    )
    retention_bytes: int | None = field(default=None, metadata=_says("The oldest is erased when journal and database are larger.", *_BYTES))
    retention_every_seconds: float = field(default=21_600.0, metadata=_says("How often that is looked for.", *_SECONDS))
    stop_seconds: float = field(default=8.0, metadata=_says("How long a stop may take; the next start applies the rest.", *_SECONDS))

    log_format: str = field(
        default="text", metadata=_says("How the log is written: text, or json with one object a line.", _log_format, "text or json")
    )

    def __post_init__(self) -> None:
        """Refuse combinations that are not safe."""
        if self.token is not None and not self.token.strip():
            message = "The token is empty; set one, or none."
            raise SettingsError(message)
        if self.token is None and not is_loopback(self.host) and not TokenFile(self.store).tokens():
            message = (
                f"On {self.host} others can reach this store: set a token ({variable('token')}), make one (`relaylens token create`), "
                "or listen on 127.0.0.1."
            )
            raise SettingsError(message)

        check_tls(self.tls_certificate, self.tls_key, self.tls_client_ca)

    @property
    def tls(self) -> Tls | None:
        """The certificates, where there are any."""
        if self.tls_certificate is None or self.tls_key is None:
            return None
        return Tls(self.tls_certificate, self.tls_key, self.tls_client_ca)

    @property
    def retention(self) -> Retention:
        """How long what is kept."""
        return Retention(
            self.retention_days, self.retention_logs_days, self.retention_metrics_days, self.retention_content_days, self.retention_bytes
        )

    @classmethod
    def load(cls, arguments: Mapping[str, str | None], environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; raises SettingsError, naming where the bad value stands."""
        values = {}
        for setting in fields(cls):
            name = setting.name
            given, place = arguments.get(name), flag(name)
            if given is None:
                given, place = environment.get(variable(name)), variable(name)
            if given is None:
                continue
            try:
                values[name] = setting.metadata["read"](given)
            except ValueError as error:
                shown = "" if not setting.repr else f", found {given!r}"
                message = f"{place} has to be {setting.metadata['what']}{shown}."
                raise SettingsError(message) from error
        return cls(**values)


def flag(name: str) -> str:
    """Return the command line's word for a setting."""
    return f"--{name.replace('_', '-')}"


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"RELAYLENS_{name.upper()}"


def sentence(setting: "Field[Any]") -> str:
    """Return what a setting is for, with its default."""
    default = setting.default
    shown = "" if default in (None, (), MISSING) else f" Default: {default}."
    return f"{setting.metadata['sentence']}{shown}"
