"""The machine: everything at once, or its parts one by one."""

import asyncio
import dataclasses
from typing import Annotated

import typer
import uvloop

from runtime import doctor as checkup
from runtime import rooms
from runtime.cli.output import UNREACHABLE, AsJson, err, print_json
from runtime.garbage import collected_rarely
from runtime.instance import AlreadyUp, reachable, up
from runtime.logs import configure
from runtime.printing import out, table
from runtime.process import Parts, Process, consumer_schemas, migrate_all
from runtime.reading.rewind import rewind as rewound
from runtime.settings import Settings, settings

Port = Annotated[
    int | None,
    typer.Option(help="HTTP port; else `up` keeps one in .reel, a part takes a free one"),
]


def _with_port(port: int | None) -> Settings:
    chosen = settings()
    return chosen if port is None else chosen.model_copy(update={"port": port})


def up_(port: Port = None, as_json: AsJson = False) -> None:
    """Start everything here, with its data in .reel, and stay up."""
    configure(settings())
    try:
        with collected_rarely():
            uvloop.run(_up(_with_port(port), as_json))
    except AlreadyUp as already:
        if as_json:
            print_json({"already": True, **already.card})
        else:
            out.print(
                f"Reel is up already: {already.card.get('url', 'starting')} "
                f"(process {already.card.get('pid', 'unknown')})",
                highlight=False,
            )


async def _up(chosen: Settings, as_json: bool) -> None:
    async with up(chosen, lambda said: err.print(said, style="dim")) as instance:
        if as_json:
            print_json({"url": instance.url, "kafka": instance.settings.kafka})
        else:
            out.print(f"Reel is up at {instance.url}", highlight=False)
            out.print(f"  API        {instance.url}/docs", highlight=False)
            out.print(f"  readiness  {instance.url}/readyz", highlight=False)
            out.print(f"  metrics    {instance.url}/metrics", highlight=False)
            out.print(f"  Kafka      {instance.settings.kafka}", highlight=False)
            out.print("A token: reel token --as NAME. Ctrl-C stops.", style="dim")
        await instance.ended


def demo(as_json: AsJson = False) -> None:
    """Play the sample film from greenlight to release, over the real API."""
    from runtime.cli.demo import play

    configure(settings().model_copy(update={"log_level": "error"}))
    uvloop.run(play(settings(), as_json))


def serve(
    services: Annotated[list[str] | None, typer.Argument(help="rooms; none = all")] = None,
    port: Port = None,
) -> None:
    """Serve the commands of some services."""
    _run(Parts(serve=_known(services, list(rooms.services()))), port)


def relay(
    services: Annotated[list[str] | None, typer.Argument(help="logs; none = all")] = None,
    port: Port = None,
) -> None:
    """Carry the logs of some services to Kafka."""
    _run(Parts(relay=_known(services, list(rooms.services()))), port)


def project(
    projections: Annotated[list[str] | None, typer.Argument(help="rooms; none = all")] = None,
    port: Port = None,
) -> None:
    """Keep some read models, and answer their queries."""
    _run(Parts(project=_known(projections, list(rooms.projections()))), port)


def _known(named: list[str] | None, known: list[str]) -> tuple[str, ...]:
    for name in named or ():
        if name not in known:
            raise LookupError(f"there is no room {name!r}; there are {', '.join(known)}")
    return tuple(named or known)


def _run(parts: Parts, port: int | None) -> None:
    configure(settings())
    chosen = _with_port(port)
    process = Process(chosen, parts)
    with collected_rarely():
        uvloop.run(process.run(lambda url: out.print(f"answers at {url}", highlight=False)))


def migrate(as_json: AsJson = False) -> None:
    """Bring the databases and topics to what this build needs."""
    done = asyncio.run(migrate_all(settings()))
    if as_json:
        print_json({"done": done})
    else:
        for one in done or ["nothing was missing"]:
            out.print(one, highlight=False)


def rewind(
    consumer: Annotated[
        str,
        typer.Argument(help="a projection, one of its versions, or a service's own"),
    ],
    as_json: AsJson = False,
) -> None:
    """Let a consumer fold its logs again from the beginning, as after a restored log."""
    emptied = asyncio.run(_rewound(reachable(settings()), consumer))
    if as_json:
        print_json({"consumer": consumer, "emptied": emptied})
    else:
        for schema, tables in emptied.items():
            out.print(f"{schema} begins again: {', '.join(tables)} emptied", highlight=False)


async def _rewound(chosen: Settings, consumer: str) -> dict[str, list[str]]:
    found = await consumer_schemas(chosen, consumer)
    return {schema: await rewound(url, schema) for schema, url in found.items()}


def doctor(as_json: AsJson = False) -> None:
    """Check this installation, and name a cure for what is not right."""
    findings = asyncio.run(checkup.findings(settings()))
    if as_json:
        print_json([dataclasses.asdict(one) for one in findings])
    else:
        rows = [["ok" if one.ok else "✗", one.what, one.said, one.cure] for one in findings]
        out.print(table("Doctor", ("", "What", "Found", "Cure"), rows))
    if not all(one.ok for one in findings):
        raise typer.Exit(UNREACHABLE)
