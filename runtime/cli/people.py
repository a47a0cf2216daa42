"""Who is who: tokens of the embedded identity; and erasing a person."""

from datetime import timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from events.approval import Ground
from events.names import HOUSE, PersonId
from runtime.cli.client import As, Client, Url
from runtime.cli.output import AsJson, print_json
from runtime.people.identity import Issuer
from runtime.printing import out
from runtime.settings import settings

WHAT_IT_DOES = (
    "This destroys the key of {person}. What was sealed for this person says [erased] from then "
    "on, on every production and for everybody; nobody can take it back. Appointments, deals and "
    "amounts stay, under the person's id, and what people wrote in words of their own: the wording "
    "of a credit may hold the name."
)


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


def erase(
    person: Annotated[str, typer.Argument(help="the person's id, never the name")],
    reason: Annotated[Ground, typer.Option(help="the ground, of Article 17 (1) of the GDPR")],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask again")] = False,
    url: Url = None,
    name: As = None,
    as_json: AsJson = False,
) -> None:
    """Erase a person everywhere, for good: for those who lead the house."""
    _check_id(person)
    with Client.of(url, name) as client:
        if not yes:
            typer.echo(WHAT_IT_DOES.format(person=person), err=True)
            typer.confirm("Erase?", abort=True, err=True)
        path = f"/v1/productions/{HOUSE}/approval/erase-person"
        answer = client.command(path, {"person": person, "ground": reason.value})
    if as_json:
        print_json(answer)
    elif answer["events"]:
        key = answer["events"][0]["data"]["key"]
        out.print(f"Erased: key {key} of {person} is destroyed.", highlight=False, markup=False)
        out.print(
            "Backups of the vault from before still hold it, wrapped: let them run out.",
            style="dim",
        )
    else:
        out.print(f"Nothing is sealed for {person}: nothing was recorded.", markup=False)


def _check_id(person: str) -> None:
    """Raises `ValueError` for what is rather a name."""
    try:
        TypeAdapter(PersonId).validate_python(person)
    except ValidationError:
        raise ValueError(
            f"{person!r} is no id of a person: `reel token --as NAME --json` says the id of a name "
            "here, and `reel trail` who did what under which"
        ) from None
