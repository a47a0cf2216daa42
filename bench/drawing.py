"""The picture of a run: of each goal, how much of it was reached."""

from collections.abc import Sequence
from html import escape

from bench.figures import Beside, Better, Row
from bench.showing import figure, goal, without_numbers

WIDTH, LEFT, RIGHT, TOP = 1_060, 570, 140, 64
BAR, GAP = 20, 12
SHARE_MAX = 2.0
"""Where a bar ends that goes further: twice the goal."""

STYLE = """\
    svg { color-scheme: light dark; }
    text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 14px; }
    .paper { fill: #ffffff; }
    .title { fill: #1c2329; font-size: 18px; font-weight: 600; }
    .name, .value { fill: #1c2329; }
    .name { text-anchor: end; }
    .reached { fill: #2e8555; }
    .missed { fill: #c9553d; }
    .goal { stroke: #1c2329; stroke-width: 1.6; stroke-dasharray: 4 4; }
    .note { fill: #414b55; text-anchor: middle; }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #12161a; }
      .title, .name, .value { fill: #e8ecf0; }
      .goal { stroke: #e8ecf0; }
      .note { fill: #bcc5ce; }
    }"""


def share_of(one: Beside) -> float:
    """How much of its goal a ratio reaches; 1 and more reaches it."""
    assert one.goal is not None
    return one.ratio / one.goal if one.better is Better.MORE else one.goal / one.ratio


def drawn(rows: Sequence[Row]) -> str:
    """The picture, as SVG."""
    bars = [(row, one) for row in rows for one in row.beside if one.goal is not None]
    height = TOP + len(bars) * (BAR + GAP) + 16
    at_goal = LEFT + round((WIDTH - LEFT - RIGHT) / SHARE_MAX)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            'role="img" aria-labelledby="title desc">',
            '  <title id="title">How much of each goal is reached</title>',
            f'  <desc id="desc">{escape(_told(bars))}</desc>',
            f"  <style>\n{STYLE}\n  </style>",
            f'  <rect class="paper" width="{WIDTH}" height="{height}"/>',
            '  <text class="title" x="16" y="28">How much of each goal is reached</text>',
            f'  <text class="note" x="{at_goal}" y="{TOP - 14}">the goal</text>',
            *(line for number, bar in enumerate(bars) for line in _bar(number, *bar)),
            f'  <path class="goal" d="M{at_goal} {TOP - 6} V{height - 10}"/>',
            "</svg>\n",
        ]
    )


def _told(bars: Sequence[tuple[Row, Beside]]) -> str:
    return ". ".join(
        f"{row.name} beside {one.peer}: {figure(one.ratio)}, goal {goal(one)}" for row, one in bars
    )


def _bar(number: int, row: Row, one: Beside) -> list[str]:
    top = TOP + number * (BAR + GAP)
    share = share_of(one)
    width = max(2, round((WIDTH - LEFT - RIGHT) * min(share, SHARE_MAX) / SHARE_MAX))
    kind = "reached" if one.reached and not row.faults else "missed"
    ratio = "void" if row.faults else f"{figure(one.ratio)} × {'(cut)' * (share > SHARE_MAX)}"
    name = f"{row.name.partition(', ')[0]} / {without_numbers(one.peer)}"
    return [
        f'  <text class="name" x="{LEFT - 10}" y="{top + 15}">{escape(name)}</text>',
        f'  <rect class="{kind}" x="{LEFT}" y="{top}" width="{width}" height="{BAR}" rx="3"/>',
        f'  <text class="value" x="{LEFT + width + 8}" y="{top + 15}">{escape(ratio)} '
        f"{escape(goal(one))}</text>",
    ]
