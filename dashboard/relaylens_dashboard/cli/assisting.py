"""`relaylens mcp`: the store as tools for an assistant, on standard input and output."""

import typer

from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say


def serve_assistant(*, store: options.Store = None, url: options.Url = None, token: options.Token = None) -> None:
    """Answers an assistant's questions about a store by the Model Context Protocol, on standard input and output.

    An assistant's settings name the command, such as `relaylens mcp --url http://127.0.0.1:4318`. All tools read and none writes; a token
    with the scope read is enough.
    """
    try:
        from relaylens_dashboard.assistant import tools
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"mcp", "pydantic"}:
            raise
        say("The Model Context Protocol is not installed: pip install 'relaylens[mcp]'")
        raise typer.Exit(1) from None

    with options.reader(store, url, token) as reader:
        tools.server(reader).run("stdio")
