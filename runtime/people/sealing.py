"""How a command from outside comes to hold sealed texts alone, before anything looks at it."""

import re

from runtime.decider import C, Rejection
from runtime.people.personal import personal_fields
from runtime.people.vault import Sealer

_LOOKS_SEALED = re.compile(r'"sealed:[0-9]+:')


class TextLooksSealed(Rejection):
    """Who sends a text that reads like a sealed one could have it opened as another's."""

    STATUS = 422


async def seal_command(vault: Sealer, command: C, actor: str) -> C:
    """`command`, as it came from outside, with its personal fields sealed.

    Raises:
        TextLooksSealed: a text in it reads like a sealed one.
        TypeError: its class marks a field that cannot be sealed.
        ValueError: the person whose text it is has no proper id.
    """
    if _LOOKS_SEALED.search(command.model_dump_json()):
        raise TextLooksSealed("No text may begin with `sealed:1:`: write it in another way.")
    texts = {
        field: (getattr(command, of) if of else actor, text)
        for field, of in personal_fields(type(command)).items()
        if (text := getattr(command, field)) is not None
    }
    if not texts:
        return command
    sealed_texts = await vault.seal_many(list(texts.values()))
    return command.model_copy(update=dict(zip(texts, sealed_texts, strict=True)))
