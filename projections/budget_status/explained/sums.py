"""Rows that add others up: categories, levels, the whole budget."""

from collections.abc import Callable, Sequence

from events.money import shown
from projections.budget_status.explained.accounts import LABELS, NAMES, Made
from projections.budget_status.figures import Figures
from runtime.explaining.figures import Asker, Figure


def sums(
    kind: str,
    sums: dict[str, Figures],
    label: Callable[[str], str],
    parts: Callable[[str], Sequence[Made]],
    asker: Asker,
) -> dict[str, Made]:
    """Rows that add others up."""
    made: dict[str, Made] = {}
    for key, one in sums.items():
        place = f"{kind}/{key}" if key else kind
        terms = parts(key)
        made[key] = {
            name: Figure(
                name=f"{place}/{name}",
                label=f"{LABELS[name]} of {label(key)}",
                value=shown(getattr(one, name)),
                unit=asker.currency,
                formula=f"the sum of {len(terms)} parts",
                terms=tuple(part[name] for part in terms),
            )
            for name in NAMES
        }
    return made
