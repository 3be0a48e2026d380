"""The processes of `relaylens up` and `relaylens demo`: started in order, watched, and ended together."""

import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import typer

import relaylens_dashboard
from relaylens_analytics import tls
from relaylens_analytics.specification import SPECIFICATION_FILE
from relaylens_collector.access import DEFAULT_PROJECT, Scope
from relaylens_collector.allocation import give_freed_memory_back, keep_freed_memory, leave_pandas_out
from relaylens_collector.collector import Collector
from relaylens_collector.log_lines import log_to_stderr
from relaylens_collector.memory_cap import cap_memory
from relaylens_collector.settings import Settings
from relaylens_collector.store import Settler
from relaylens_dashboard import serve
from relaylens_dashboard.cli.children import LOOPBACK, Child, any_free_port, child, is_free, wait_until_it_answers
from relaylens_dashboard.cli.live import DASHBOARD_PORT
from relaylens_dashboard.cli.output import say
from relaylens_dashboard.cli.settling import settler
from relaylens_dashboard.cli.stopping import Stop

_EVERYWHERE: Final = {"0.0.0.0", "::"}  # noqa: S104 - the addresses that stand for all of the machine's
_PEM: Final = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
_SECONDS_BETWEEN_LOOKS: Final = 0.5
_SECONDS_BETWEEN_STARTS: Final = 0.02
_SECONDS_TO_BE_READY: Final = 10.0
_DEMO_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Screens:
    """Where the dashboard is served, and whose data it shows."""

    port: int
    project: str = DEFAULT_PROJECT
    marks: bool = True
    """Whether findings and runs can be marked in it."""


def up(given: Mapping[str, str | None], screens: Screens | None, prices: Path | None) -> None:
    """Run the collector and, where it is wanted, the dashboard, until Ctrl-C or SIGTERM."""
    stop = Stop()
    settings = Settings.load(given)
    with ExitStack() as running:
        collector = _start_collector(running, settings, settler(prices), stop)
        if screens is not None and screens.port == 0:
            screens = replace(screens, port=any_free_port())
        children = [] if screens is None else [_start_dashboard(running, collector, screens, stop)]
        _say_where(collector, screens, stop)
        _wait(stop, children)


def demo(store: Path | None, ports: tuple[int | None, int | None, int | None], *, runs: int, seed: int | None) -> None:
    """Run collector, dashboard and example network; `ports` are those of OTLP/HTTP, OTLP/gRPC and the dashboard."""
    stop = Stop()
    with ExitStack() as running:
        folder = store or Path(running.enter_context(tempfile.TemporaryDirectory(prefix="relaylens-demo-", ignore_cleanup_errors=True)))
        settings = Settings.load(
            {
                "store": str(folder),
                "otlp_http_port": str(_named_or_free(ports[0], Settings.otlp_http_port)),
                "otlp_grpc_port": str(_named_or_free(ports[1], Settings.otlp_grpc_port)),
            },
            environment={},  # what is set up for a collector of one's own does not concern the demo
        )
        _declare(folder)
        collector = _start_collector(running, settings, settler(None), stop)
        screens = Screens(_named_or_free(ports[2], DASHBOARD_PORT))
        children = [
            running.enter_context(child("example network", *_network(collector, runs, seed), talks=False)),
            _start_dashboard(running, collector, screens, stop),
        ]
        _say_where(collector, screens, stop)
        _wait(stop, children)


def _start_collector(running: ExitStack, settings: Settings, settle: Settler, stop: Stop) -> Collector:
    """Start the collector; its warnings go to standard error."""
    log_to_stderr(settings.log_format, logging.WARNING)
    keep_freed_memory()
    leave_pandas_out()
    collector = Collector(settings, settle)
    collector.start()
    cap_memory(settings.process_memory)
    give_freed_memory_back()
    running.callback(collector.stop)
    # Data is taken in at once; questions are answered once the database is level with the journal.
    deadline = time.monotonic() + _SECONDS_TO_BE_READY
    while not collector.ingest.status().progress.ready and not stop.is_set():
        if time.monotonic() > deadline:
            say("The database is still catching up with the journal; it answers when it has.")
            break
        stop.wait(_SECONDS_BETWEEN_STARTS)
    return collector


def _start_dashboard(running: ExitStack, collector: Collector, screens: Screens, stop: Stop) -> Child:
    """Start the screens, with a token of their own that lives as long as the collector, and wait until they answer."""
    port = screens.port
    if not is_free(port):
        detail = f"port {port} is taken; name another with --dashboard-port, or none with --no-dashboard"
        raise typer.BadParameter(detail)
    scopes = {Scope.READ, Scope.LABEL} if screens.marks else {Scope.READ}
    token = collector.authenticator.issue("dashboard", project=screens.project, scopes=scopes)
    environment = serve.environment(_reachable(collector), token, certificate_to_believe(collector.settings))
    started = running.enter_context(child("dashboard", serve.command(port=port), environment, talks=True))
    wait_until_it_answers(started, serve.health_url(port), stop)
    return started


def certificate_to_believe(settings: Settings) -> str | None:
    """Give the collector's own certificate, which the dashboard believes whatever names it has."""
    if settings.tls_certificate is None:
        return None
    if settings.tls_client_ca is not None and not os.environ.get(tls.SHOWN):
        say(f"The dashboard has no certificate to show to the collector: set {tls.SHOWN} and {tls.SHOWN_KEY}, or give --no-dashboard.")
    text = settings.tls_certificate.read_text(encoding="ascii", errors="replace")
    return text[text.index(_PEM[0]) : text.index(_PEM[1]) + len(_PEM[1])] + "\n"


def _reachable(collector: Collector) -> str:
    """Give the address at which this machine reaches the collector."""
    scheme = urlsplit(collector.http_url).scheme
    return f"{scheme}://{LOOPBACK}:{collector.http_port}" if collector.settings.host in _EVERYWHERE else collector.http_url


def _say_where(collector: Collector, screens: Screens | None, stop: Stop) -> None:
    """Print the addresses."""
    if stop.is_set():
        return
    settings = collector.settings
    lines = [
        *([] if screens is None else [f"Dashboard  http://{LOOPBACK}:{screens.port}{_of(screens.project)}"]),
        f"OTLP/HTTP  {collector.http_url} (and the read API)",
        f"OTLP/gRPC  {settings.host}:{collector.grpc_port}",
        f"Store      {settings.store}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    say("Ctrl-C stops.")


def _of(project: str) -> str:
    return "" if project == DEFAULT_PROJECT else f" (project {project})"


def _wait(stop: Stop, children: Sequence[Child]) -> None:
    """Wait for the signal to stop; a part that ends by itself stops us too."""
    while not stop.wait(_SECONDS_BETWEEN_LOOKS):
        for one in children:
            one.check()


def _named_or_free(named: int | None, usual: int) -> int:
    """Give the port that was named, else the usual one, or any if that is taken or 0 was named."""
    if named:
        return named
    return usual if named is None and is_free(usual) else any_free_port()


def _network(collector: Collector, runs: int, seed: int | None) -> tuple[list[str], dict[str, str]]:
    """Give the command that runs the example network, and its environment."""
    examples, in_checkout = _examples()
    module = "support_network" if in_checkout else f"{examples.name}.support_network"
    command = [sys.executable, "-m", module, "--live", "--endpoint", collector.http_url, "--labels", collector.http_url]
    command += ["--runs", str(runs), "--history", str(_DEMO_HOURS), *([] if seed is None else ["--seed", str(seed)])]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "RELAYLENS_"))}
    return command, environment | ({"PYTHONPATH": str(examples)} if in_checkout else {})


def _declare(folder: Path) -> None:
    """Put what the example network is meant to be into its store, unless something is declared there."""
    examples, _ = _examples()
    declared = folder / SPECIFICATION_FILE
    if not declared.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(examples / "support_network" / SPECIFICATION_FILE, declared)


def _examples() -> tuple[Path, bool]:
    """Give the folder of the examples, and whether it is that of a checkout."""
    root = Path(relaylens_dashboard.__file__).parents[1]
    beside = root.parent / "examples"
    return (beside, True) if (beside / "support_network").is_dir() else (root / "relaylens_examples", False)
