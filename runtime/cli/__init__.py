"""`reel`: the command line. What answers a question has `--json`; exit codes: 0 done, 1 refused,
2 misused, 3 not reachable."""

import typer

from runtime import rooms
from runtime.cli import (
    asking,
    backups,
    explaining,
    machine,
    parked,
    people,
    readings,
    rebuilding,
    timers,
    trail,
    views,
    work,
)
from runtime.cli.audit import anchoring, package, replaying, signing, verifying
from runtime.cli.output import guarded

app = typer.Typer(
    name="reel",
    help="The event-sourced back office of a film production.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for command in (
    machine.up_,
    machine.demo,
    machine.serve,
    machine.relay,
    machine.project,
    machine.migrate,
    machine.rewind,
    rebuilding.rebuild,
    views.views,
    views.flip,
    views.retire,
    machine.doctor,
    backups.backup,
    backups.restore,
    backups.restored,
    people.token,
    people.erase,
    trail.trail,
    explaining.explain,
    explaining.diff,
):
    app.command(command.__name__.rstrip("_"))(guarded(command))

waiting = typer.Typer(no_args_is_help=True, help="What falls due, and when.")
waiting.command("list")(guarded(timers.list_))
waiting.command("resume")(guarded(timers.resume))
app.add_typer(waiting, name="timers")

standing = typer.Typer(no_args_is_help=True, help="Productions of which a fact cannot be folded.")
standing.command("list")(guarded(parked.list_))
standing.command("retry")(guarded(parked.retry))
app.add_typer(standing, name="parked")

auditing = typer.Typer(
    no_args_is_help=True, help="Prove that the logs are what they were, and what is shown."
)
auditing.command("verify")(guarded(verifying.verify))
auditing.command("replay")(guarded(replaying.replay))
auditing.command("anchor")(guarded(anchoring.anchor))
keys = typer.Typer(invoke_without_command=True, help=signing.key.__doc__)
keys.callback()(guarded(signing.key))
keys.command("rotate")(guarded(signing.rotate))
auditing.add_typer(keys, name="key")
auditing.command("export")(guarded(package.export))
auditing.command("check")(guarded(package.check))
auditing.command("readings")(guarded(readings.readings))
app.add_typer(auditing, name="audit")

imports = typer.Typer(no_args_is_help=True, help="Take a whole file in: all of it, or nothing.")
for what, importer in work.importers().items():
    imports.command(what, help=f"Import {what} from a {importer.format} file.")(
        guarded(work.import_command(what, importer))
    )
app.add_typer(imports, name="import")

for projection in rooms.projections().values():
    asking.add_screens(app, projection.screens)
