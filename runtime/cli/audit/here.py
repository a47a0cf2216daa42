"""The servers of this home, for commands that read them without an instance in between."""

from runtime.embedded.home import Home
from runtime.instance import reachable
from runtime.settings import Settings, settings


def here() -> Settings:
    """Settings that name the servers of this home, as far as they are up."""
    chosen = reachable(settings())
    card = Home(chosen.home).describe() if chosen.home.exists() else None
    if chosen.kafka is None and card and card.get("kafka"):
        chosen = chosen.model_copy(update={"kafka": str(card["kafka"])})
    return chosen
