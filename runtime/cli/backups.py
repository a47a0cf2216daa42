"""Backup and restore."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from runtime.backup.anchored import Signed, signed_for
from runtime.backup.manifest import Manifest
from runtime.backup.renewing import restored as renewed
from runtime.backup.restoring import Restored, Wish
from runtime.backup.restoring import restore as restore_from
from runtime.backup.server import server_alone, server_at_hand
from runtime.backup.taking import backup as take_backup
from runtime.cli.output import AsJson, err, print_json
from runtime.printing import out, table
from runtime.process import schemas
from runtime.settings import settings


def _said(sentence: str) -> None:
    err.print(sentence, style="dim", highlight=False)


def backup(
    to: Annotated[Path, typer.Argument(metavar="TO_FOLDER", help="a new folder")],
    as_json: AsJson = False,
) -> None:
    """Back up every log with what its service has heard, and the vault apart, while all runs."""
    with server_at_hand(settings()) as at_hand:
        manifest = take_backup(at_hand, schemas(at_hand), to, _said)
    if as_json:
        print_json({"folder": str(to), **manifest.model_dump(mode="json")})
    else:
        _show_backup(to, manifest)


def _show_backup(to: Path, manifest: Manifest) -> None:
    rows = [
        [log, f"{head.position:,}", head.hash[:16], head.incarnation]
        for log, head in sorted(manifest.heads.items())
    ]
    out.print(table(f"Backed up in {to}", ("Log", "Position", "Hash", "Incarnation"), rows))
    if manifest.moments > 1:
        out.print(
            f"The logs lie in {manifest.moments} databases, each dumped at a moment of its own: "
            "after a restore some facts may name causes that are missing, which it tells.",
            highlight=False,
        )
    out.print(
        f"{manifest.vault.file} holds the keys of personal texts: keep it apart, and not for long, "
        "since it brings back what was erased. The master key is not in the backup.",
        highlight=False,
    )


def restore(
    from_folder: Annotated[
        Path, typer.Argument(metavar="FROM_FOLDER", exists=True, file_okay=False)
    ],
    only: Annotated[
        list[str] | None, typer.Option(help="this log alone; the others stay as they are")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="take away the facts that are there now")
    ] = False,
    with_vault: Annotated[
        bool, typer.Option("--with-vault", help="replace the vault too, which has keys")
    ] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="take a backup of another installation's master key")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup, with Reel stopped, and bring every consumer into agreement with it."""
    wish = Wish(from_folder, tuple(only or ()), replace, with_vault, trust)
    with server_alone(settings()) as alone:
        done = restore_from(alone, schemas(alone), wish, _said)
        _show(done, signed_for(alone), as_json)


def restored(
    logs: Annotated[
        list[str] | None, typer.Argument(help="logs that were restored; none = all")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell Reel that PostgreSQL itself was restored: logs begin new histories, consumers agree."""
    with server_alone(settings()) as alone:
        done = renewed(alone, schemas(alone), logs or [])
        _show(done, signed_for(alone), as_json)


def _show(done: Restored, signed: Signed, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "rooms": done.rooms,
                "vault": done.vault,
                "moments": done.moments,
                "consumers": [dataclasses.asdict(one) for one in done.standings],
                "lost_causes": [dataclasses.asdict(one) for one in done.lost_causes],
                "erased_again": dataclasses.asdict(done.erased),
                "anchor": dataclasses.asdict(signed),
            }
        )
        return
    out.print(f"Restored: {', '.join(done.rooms)}. The vault is {done.vault}.", highlight=False)
    rows = [
        [
            one.consumer,
            "rewound" if one.ahead else "goes on from its place",
            "\n".join(one.ahead[:3]) + (f"\n{len(one.ahead) - 3} more" if one.ahead[3:] else ""),
        ]
        for one in done.standings
    ]
    out.print(table("Consumers", ("Consumer", "What became of it", "Why"), rows))
    for line in (*erasures_told(done), *lost_causes_told(done), signed.told):
        out.print(line, highlight=False, markup=False)
    out.print("Start Reel: the relay sends the logs to Kafka under their new names.", style="dim")


def erasures_told(done: Restored) -> Iterator[str]:
    """Whose keys had come back with the vault, a line each."""
    erased = done.erased
    if erased.unread:
        yield (
            f"Whether erased persons' keys came back is not known: {erased.unread}. Then `reel "
            "restored` destroys them; do so before anything starts."
        )
    for person in erased.persons:
        yield f"The key of {person} had come back and is destroyed again, as the log says."
    for person in erased.unrecorded:
        yield f"The log that was restored does not say any more that {person} was erased."


def lost_causes_told(done: Restored) -> Iterator[str]:
    """What rests on facts that are gone, a line each."""
    if done.lost_causes:
        yield (
            f"{len(done.lost_causes)} facts of other logs rest on causes that no log has any more. "
            "They stand; look at each, and correct what it says in its own room:"
        )
    for one in done.lost_causes:
        yield f"  {one}"
