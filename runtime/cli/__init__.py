"""`reel`: the command line. What answers a question has `--json`; exit codes: 0 done, 1 refused,
2 misused, 3 not reachable."""

import typer

from runtime.cli.commands import Commands

app = typer.Typer(
    name="reel",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def reel() -> None:
    """The event-sourced back office of a film production."""
