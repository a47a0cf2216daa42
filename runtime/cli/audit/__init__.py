"""`reel audit`: what an auditor asks of an installation, and what he is given."""

import typer

from runtime.cli.audit import anchoring, package, readings, replaying, signing, verifying
from runtime.cli.output import guarded

audit = typer.Typer(
    no_args_is_help=True, help="Prove that the logs are what they were, and what is shown."
)
audit.command("verify")(guarded(verifying.verify))
audit.command("replay")(guarded(replaying.replay))
audit.command("anchor")(guarded(anchoring.anchor))
key = typer.Typer(invoke_without_command=True, help=signing.key.__doc__)
key.callback()(guarded(signing.key))
key.command("rotate")(guarded(signing.rotate))
audit.add_typer(key, name="key")
audit.command("export")(guarded(package.export))
audit.command("check")(guarded(package.check))
audit.command("readings")(guarded(readings.readings))
