"""Who is who: tokens of the embedded identity."""

from datetime import timedelta
from typing import Annotated

import typer

from runtime.cli.output import AsJson, print_json
from runtime.people.identity import Issuer
from runtime.settings import settings


def token(
    name: Annotated[str, typer.Option("--as", help="whose token; the name is never recorded")],
    hours: Annotated[int, typer.Option(min=1, max=24 * 30, help="how long it counts")] = 12,
    as_json: AsJson = False,
) -> None:
    """Print a token of this installation (embedded identity only)."""
    if settings().jwks_url is not None:
        raise LookupError(
            "REEL_JWKS_URL is set: your identity provider makes the tokens, not this installation"
        )
    issuer = Issuer(settings())
    made = issuer.token(name, timedelta(hours=hours))
    if as_json:
        print_json({"person": issuer.person(name), "token": made, "hours": hours})
    else:
        typer.echo(made)
