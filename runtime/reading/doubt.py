"""What Kafka brings is believed until it contradicts something; then the log itself is asked.

Anybody who may write to a topic can put a record there that looks like a fact. Where it does not
fit what a consumer knows, or cannot be folded, either the record is not the log's, and is passed
over, or the consumer and the log have parted.
"""

from events.envelope import Recorded
from runtime.log.contract import Store
from runtime.reading.place import Place
from runtime.reading.trouble import Divergence, NotTheLogs


async def ask_the_log(store: Store, place: Place, recorded: Recorded, why: str) -> None:
    """Returns if the log has both the fact that the place stands behind and this record.

    Raises:
        Divergence: it does not have what the place stands behind; says `why`.
        NotTheLogs: it has nothing at the record's position, or something else.
    """
    heads = await store.heads()
    if heads.incarnation != place.incarnation or place.position > heads.position:
        raise Divergence(why)
    if place.position:
        behind = await _at(store, place.position)
        if behind is None or behind.hash != place.hash:
            raise Divergence(why)
    known = await _at(store, recorded.position) if recorded.position <= heads.position else None
    if known != recorded:
        raise NotTheLogs(recorded, why)


async def _at(store: Store, position: int) -> Recorded | None:
    found = await store.page(position - 1, 1)
    return found[0] if found and found[0].position == position else None
