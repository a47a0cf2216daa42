"""`docs/reactions.md` and `docs/reactions.svg`: how the rooms answer each other."""

from collections.abc import Mapping, Sequence

from events.event import Event
from runtime import rooms
from runtime.circles import Answer, answers, circles
from runtime.papers.drawing import drawn
from runtime.papers.words import listed

HEAD = """\
# Reactions

How the rooms answer facts, other rooms' and their own. Each row is one reaction in
`services/*/policies`: when that fact is heard, for that reason, its room is given that command,
which records some of those facts or nothing. A command that is refused is recorded as
`ReactionRefused`. In the picture the fact is yellow, the command with its facts blue, and what a
reaction may bring about stands below it. Made from the rooms by `make generate`.

![Every reaction: an arrow from the fact to the command, with its facts](reactions.svg)
"""

CIRCLES = (
    "## Circles",
    "",
    "Where reactions may come round to themselves, one of them says why that ends.",
    "",
)


def papers() -> Mapping[str, str]:
    """The table and the picture."""
    every = in_order(answers(rooms.services()))
    return {
        "docs/reactions.md": "\n".join([HEAD, *_tables(every), *CIRCLES, *_circles(every), ""]),
        "docs/reactions.svg": drawn(list(rooms.services()), every),
    }


def in_order(every: Sequence[Answer]) -> list[Answer]:
    """Each reaction behind those that may bring it about, as far as circles allow."""
    ordered: list[Answer] = []

    def tell(answer: Answer) -> None:
        if answer in ordered:
            return
        ordered.append(answer)
        for one in every:
            if answer.leads_to(one):
                tell(one)

    begun = [one for one in every if not any(other.leads_to(one) for other in every)]
    for answer in (*begun, *every):
        tell(answer)
    return ordered


def _tables(every: Sequence[Answer]) -> list[str]:
    lines: list[str] = []
    for room in rooms.services():
        own = [answer for answer in every if answer.room == room]
        if own:
            lines += [f"## {room}", "", "| when | because | command | may record |"]
            lines += ["|---|---|---|---|", *(row for answer in own for row in _rows(answer)), ""]
    return lines


def _rows(answer: Answer) -> list[str]:
    reaction = answer.reaction
    return [
        f"| {_named(reaction.on)} | {reaction.because} | {command.__name__} "
        f"| {', '.join(fact.__name__ for fact in facts)} |"
        for command, facts in reaction.gives.items()
    ]


def _named(event: type[Event]) -> str:
    return event.wire()[0]


def _circles(every: Sequence[Answer]) -> list[str]:
    lines = []
    for circle in circles(every):
        steps = [f"{answer.room}: {answer.reaction.because}" for answer in circle]
        reasons = [one.reaction.returns for one in circle if one.reaction.returns is not None]
        end = f" It ends: {listed(reasons)}." if reasons else " Nothing says why it ends."
        lines.append(f"- {'; '.join(steps)}.{end}")
    return lines or ["There are none."]
