"""The picture of all reactions: a lane for each room, and from fact to command an arrow.

Read from top to bottom: what a reaction may bring about stands below it.
"""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from runtime.circles import Answer

LANE, BOX, MARGIN = 310, 262, 12
HEAD, LINE, PAD, GAP = 46, 19, 9, 26
FIRST_LINE = PAD + 8
"""Where an arrow leaves a box or comes to it, from the top."""

LETTER = 7.2
"""How wide a letter of a sentence is, in the mean."""

STYLE = """\
    svg { color-scheme: light dark; }
    text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
    .paper { fill: #ffffff; }
    .lane { fill: #eef0f2; }
    .room { fill: #1c2329; font-size: 18px; font-weight: 600; text-anchor: middle; }
    .fact { fill: #fdf3da; stroke: #dcbf74; }
    .command { fill: #e8f0fc; stroke: #9db9e6; }
    .name { fill: #1c2329; font-size: 14px; font-weight: 600; text-anchor: middle; }
    .note { fill: #414b55; font-size: 14px; text-anchor: middle; }
    .say { fill: #1c2329; font-size: 14px; }
    .end { fill: #1f56ad; font-size: 14px; }
    .way { fill: none; stroke: #1c2329; stroke-width: 1.6; }
    .tip { fill: #1c2329; }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #12161a; }
      .lane { fill: #20262c; }
      .fact { fill: #332a12; stroke: #84691f; }
      .command { fill: #17253c; stroke: #3d5f96; }
      .room, .name, .say { fill: #e8ecf0; }
      .note { fill: #bcc5ce; }
      .end { fill: #8fb6f5; }
      .way { stroke: #e8ecf0; }
      .tip { fill: #e8ecf0; }
    }"""


@dataclass
class Sheet:
    """What is drawn so far, and how far down."""

    rooms: Sequence[str]
    y: int = HEAD + MARGIN + GAP
    drawn: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        return 2 * MARGIN + LANE * len(self.rooms)

    def left(self, room: str) -> int:
        """Where the boxes of a room begin."""
        return MARGIN + LANE * self.rooms.index(room) + (LANE - BOX) // 2

    def text(self, kind: str, x: int, y: int, words: str) -> None:
        """One line of text."""
        self.drawn.append(f'<text class="{kind}" x="{x}" y="{y}">{escape(words)}</text>')

    def box(
        self, kind: str, left: int, top: int, names: Sequence[str], notes: Sequence[str] = ()
    ) -> int:
        """A box with names and notes below them; answers its height."""
        lines = [*(("name", name) for name in names), *(("note", note) for note in notes)]
        height = 2 * PAD + LINE * len(lines) - 4
        self.drawn.append(
            f'<rect class="{kind}" x="{left}" y="{top}" width="{BOX}" height="{height}" rx="6"/>'
        )
        for number, (how, words) in enumerate(lines):
            self.text(how, left + BOX // 2, top + PAD + 13 + LINE * number, words)
        return height

    def arrow(self, *points: tuple[int, int]) -> None:
        """A line through the points, with its tip at the last."""
        (x0, y0), (x, y) = points[-2:]
        way = " ".join(f"{'L' if at else 'M'}{px} {py}" for at, (px, py) in enumerate(points))
        self.drawn.append(f'<path class="way" d="{way}"/>')
        if y == y0:
            back = -9 if x > x0 else 9
            tip = f"{x},{y} {x + back},{y - 5} {x + back},{y + 5}"
        else:
            tip = f"{x},{y} {x - 5},{y - 9} {x + 5},{y - 9}"
        self.drawn.append(f'<polygon class="tip" points="{tip}"/>')


def drawn(rooms: Sequence[str], every: Sequence[Answer]) -> str:
    """The picture, as SVG."""
    sheet = Sheet(rooms)
    for alike in _together(every):
        _row(sheet, alike)
    height = sheet.y + MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {sheet.width} {height}" '
            'role="img" aria-labelledby="title desc">',
            '  <title id="title">How the rooms answer each other</title>',
            f'  <desc id="desc">{escape(_told(every))}</desc>',
            f"  <style>\n{STYLE}\n  </style>",
            f'  <rect class="paper" width="{sheet.width}" height="{height}"/>',
            *(f"  {one}" for one in _lanes(sheet, height)),
            *(f"  {one}" for one in sheet.drawn),
            "</svg>\n",
        ]
    )


def _told(every: Sequence[Answer]) -> str:
    return ". ".join(
        f"{one.room}: on {one.reaction.on.__name__}, {one.reaction.because}" for one in every
    )


def _lanes(sheet: Sheet, height: int) -> Iterator[str]:
    for number, room in enumerate(sheet.rooms):
        left = MARGIN + LANE * number
        yield (
            f'<rect class="lane" x="{left + 6}" y="{MARGIN}" width="{LANE - 12}" '
            f'height="{height - 2 * MARGIN}" rx="10"/>'
        )
        yield f'<text class="room" x="{left + LANE // 2}" y="{MARGIN + 30}">{escape(room)}</text>'


def _together(every: Sequence[Answer]) -> list[list[Answer]]:
    """Reactions that say and do the same to several facts of one room, each time as one."""
    rows: dict[Any, list[Answer]] = {}
    for one in every:
        reaction = one.reaction
        gives = tuple(reaction.gives.items())
        alike = (one.room, _origin(one), reaction.because, reaction.returns, gives)
        rows.setdefault(alike, []).append(one)
    return list(rows.values())


def _origin(answer: Answer) -> str:
    return answer.reaction.on.wire()[0].partition(".")[0]


def _row(sheet: Sheet, alike: Sequence[Answer]) -> None:
    answer = alike[0]
    reaction, from_room = answer.reaction, _origin(answer)
    if from_room not in sheet.rooms:
        from_room = answer.room
    here, there = sheet.left(from_room), sheet.left(answer.room)
    width = abs(there - here) + BOX
    left = min(here, there)
    sentences = [("say", reaction.because)]
    if reaction.returns is not None:
        sentences.append(("end", f"comes round, and ends: {reaction.returns}"))
    for kind, sentence in sentences:
        for line in textwrap.wrap(sentence, int(width / LETTER)):
            sheet.text(kind, left, sheet.y, line)
            sheet.y += LINE
    top = sheet.y - LINE + 10
    fact_height = sheet.box("fact", here, top, [one.reaction.on.__name__ for one in alike])
    below = top
    if here == there:
        below += fact_height + GAP
        sheet.arrow((here + BOX // 2, top + fact_height), (here + BOX // 2, below))
    for command, facts in reaction.gives.items():
        if here != there:
            _across(sheet, here, there, top + FIRST_LINE, below + FIRST_LINE)
        notes = [fact.__name__ for fact in facts]
        below += sheet.box("command", there, below, [command.__name__], notes) + 10
    sheet.y = max(below - 10, top + fact_height) + GAP + LINE


def _across(sheet: Sheet, here: int, there: int, start: int, end: int) -> None:
    """An arrow from one lane to another, bent before its tip where it goes further down."""
    begin, tip = (here + BOX, there) if there > here else (here, there + BOX)
    if start == end:
        sheet.arrow((begin, start), (tip, end))
        return
    bend = tip - 24 if there > here else tip + 24
    sheet.arrow((begin, start), (bend, start), (bend, end), (tip, end))
