"""`relaylens token`: who may do what with a collector."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from relaylens_collector.access import DEFAULT_PROJECT, Scope, Token, TokenFile
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say, show
from relaylens_dashboard.tabular import Rows

_COLUMNS: Final = ("id", "name", "project", "scopes", "created", "expires", "state")

app = typer.Typer(
    name="token",
    help="Makes, lists and revokes the tokens of a store; a collector that runs on it knows of each change at once.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="What the token is for, such as `support agents` or `prometheus`.")]
TokenId = Annotated[str, typer.Argument(metavar="ID", help="The token's id, as `relaylens token list` shows it.")]
Scopes = Annotated[list[Scope], typer.Option("--scope", help="What it is good for; may be given several times.")]
Project = Annotated[str, typer.Option("--project", help="The one project it belongs to; a new one begins with its first token.")]


def _days(text: str) -> datetime:
    """Read when a token ends: in so many days, or ISO 8601."""
    try:
        if text.endswith("d"):
            return _to_come(datetime.now(UTC) + timedelta(days=int(text[:-1])), text)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        detail = f"{text!r} is neither a number of days, such as 90d, nor ISO 8601, such as 2027-03-01"
        raise typer.BadParameter(detail) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return _to_come(moment, text)


def _to_come(moment: datetime, text: str) -> datetime:
    """Refuse a moment that is over: such a token would be good for nothing from the start."""
    if moment <= datetime.now(UTC):
        detail = f"{text!r} is over; such a token would be good for nothing"
        raise typer.BadParameter(detail)
    return moment


Expires = Annotated[
    datetime | None, typer.Option("--expires", parser=_days, metavar="WHEN", help="When it ends: in days as 90d, or ISO 8601; else never.")
]


@app.command("create")
def create(
    *,
    name: Name,
    scope: Scopes,
    project: Project = DEFAULT_PROJECT,
    expires: Expires = None,
    store: options.OwnStore = options.DEFAULT_STORE,
) -> None:
    """Makes a token and prints it, this once: the store keeps only its hash."""
    made = TokenFile(store).create(name, project=project, scopes=scope, expires=expires)
    token = made.token
    say(f"Token {token.token_id} for {name}: {', '.join(sorted(token.scopes))} in the project {token.project}. It is not shown again.")
    sys.stdout.write(f"{made.text}\n")


@app.command("list")
def show_tokens(*, store: options.OwnStore = options.DEFAULT_STORE, form: options.Form = options.Format.TABLE) -> None:
    """Lists the tokens of a store, also those that are good for nothing any more."""
    now = datetime.now(UTC)
    tokens = sorted(TokenFile(store).tokens().values(), key=lambda token: token.created)
    show(Rows(_COLUMNS, tuple(_row(token, now) for token in tokens)), form, none=f"There are no tokens in {store}.")


@app.command("revoke")
def revoke(*, token_id: TokenId, store: options.OwnStore = options.DEFAULT_STORE) -> None:
    """Makes a token good for nothing, at once and for ever."""
    token = TokenFile(store).revoke(token_id)
    say(f"Revoked {token.token_id} ({token.name}).")


def _row(token: Token, now: datetime) -> tuple[str, ...]:
    state = "revoked" if token.revoked is not None else "valid" if token.is_valid(now) else "expired"
    return (
        token.token_id,
        token.name,
        token.project,
        " ".join(sorted(token.scopes)),
        f"{token.created:%Y-%m-%d %H:%M}",
        f"{token.expires:%Y-%m-%d %H:%M}" if token.expires is not None else "",
        state,
    )
