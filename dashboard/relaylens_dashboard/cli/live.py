"""`relaylens up` and `relaylens demo`: the collector in this process, the dashboard and the example network beside it."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Final

import typer

from relaylens_collector.access import DEFAULT_PROJECT, check_project
from relaylens_collector.settings import Settings, flag
from relaylens_dashboard.cli import options

DASHBOARD_PORT: Final = 8501
"""Streamlit's own."""

TAKES_SETTINGS: Final = {"allow_extra_args": True, "ignore_unknown_options": True}
DEMO_RUNS: Final = 120
"""Runs of the past day that the demo begins with."""

Host = Annotated[str | None, typer.Option("--host", help="Where to listen; any but loopback needs a token.", show_default="127.0.0.1")]
HttpPort = Annotated[int | None, typer.Option("--otlp-http-port", min=0, max=65535, help="OTLP/HTTP and read API.", show_default="4318")]
GrpcPort = Annotated[int | None, typer.Option("--otlp-grpc-port", min=0, max=65535, help="OTLP/gRPC.", show_default="4317")]
DashboardPort = Annotated[
    int, typer.Option("--dashboard-port", envvar="RELAYLENS_DASHBOARD_PORT", min=0, max=65535, help="Dashboard, on loopback.")
]
Dashboard = Annotated[bool, typer.Option("--dashboard/--no-dashboard", help="Whether to serve the screens.")]
CollectorToken = Annotated[
    str | None,
    typer.Option("--token", envvar="RELAYLENS_TOKEN", help="A token for everything in the default project; see `relaylens token`."),
]
DashboardMarks = Annotated[
    bool,
    typer.Option(
        "--dashboard-marks/--no-dashboard-marks",
        envvar="RELAYLENS_DASHBOARD_MARKS",
        help="Whether findings and runs can be marked in the dashboard, by everyone who may connect to it.",
    ),
]
DashboardProject = Annotated[
    str, typer.Option("--dashboard-project", envvar="RELAYLENS_DASHBOARD_PROJECT", help="Project that the dashboard shows.")
]
Redact = Annotated[
    str | None,
    typer.Option("--redact", metavar="KINDS", help="Taken out of all texts before anything is stored: true, or kinds such as mail,phone."),
]
RedactRules = Annotated[
    Path | None, typer.Option("--redact-rules", dir_okay=False, help="TOML file with more patterns to be taken out.", show_default=False)
]
UpStore = Annotated[Path | None, typer.Option("--store", help="Folder of the store.", show_default=f"./{options.DEFAULT_STORE}")]
DemoStore = Annotated[Path | None, typer.Option("--store", help="Folder to keep the demo in; else a temporary one.")]
DemoDashboardPort = Annotated[int | None, typer.Option("--dashboard-port", min=0, max=65535, help="Dashboard.", show_default="8501")]
Seed = Annotated[int | None, typer.Option("--seed", help="The same seed gives the same runs.")]
Runs = Annotated[int, typer.Option("--runs", min=0, help="Runs of the past day to begin with.")]


def up(
    context: typer.Context,
    *,
    store: UpStore = None,
    host: Host = None,
    otlp_http_port: HttpPort = None,
    otlp_grpc_port: GrpcPort = None,
    dashboard_port: DashboardPort = DASHBOARD_PORT,
    dashboard: Dashboard = True,
    dashboard_project: DashboardProject = DEFAULT_PROJECT,
    dashboard_marks: DashboardMarks = True,
    token: CollectorToken = None,
    redact: Redact = None,
    redact_rules: RedactRules = None,
    prices: options.Prices = None,
) -> None:
    """Runs the collector and the dashboard until Ctrl-C or SIGTERM.

    Every setting of the collector is an option too, such as --tls-certificate or --retention-days, or a RELAYLENS_... variable:
    docs/configuration.md lists them.
    """
    from relaylens_dashboard.cli import running

    declared = {
        "store": None if store is None else str(store),
        "host": host,
        "otlp_http_port": None if otlp_http_port is None else str(otlp_http_port),
        "otlp_grpc_port": None if otlp_grpc_port is None else str(otlp_grpc_port),
        "token": token,
        "redact": redact,
        "redact_rules": None if redact_rules is None else str(redact_rules),
    }
    given = declared | _settings(context.args)
    screens = running.Screens(dashboard_port, check_project(dashboard_project), marks=dashboard_marks) if dashboard else None
    running.up(given, screens, prices)


def _settings(words: Sequence[str]) -> dict[str, str | None]:
    """Read the collector's settings among the options that are not declared here."""
    names = {flag(setting.name): setting.name for setting in fields(Settings)}
    given: dict[str, str | None] = {}
    left = iter(words)
    for word in left:
        option, equals, value = word.partition("=")
        if option not in names:
            detail = f"{'No such option' if option.startswith('-') else 'Unexpected argument'}: {option}"
            raise typer.BadParameter(detail)
        read = value if equals else next(left, None)
        if read is None:
            detail = f"{option} needs a value"
            raise typer.BadParameter(detail)
        given[names[option]] = read
    return given


def demo(
    *,
    store: DemoStore = None,
    otlp_http_port: HttpPort = None,
    otlp_grpc_port: GrpcPort = None,
    dashboard_port: Annotated[
        int | None, typer.Option("--dashboard-port", min=0, max=65535, help="Dashboard.", show_default="8501")
    ] = None,
    runs: Runs = DEMO_RUNS,
    seed: Seed = None,
) -> None:
    """Runs collector, dashboard and the example network live, with a day of history, until Ctrl-C.

    A port that is not named and is taken gives way to a free one. Without --store nothing is left behind.
    """
    from relaylens_dashboard.cli import running

    running.demo(store, (otlp_http_port, otlp_grpc_port, dashboard_port), runs=runs, seed=seed)
