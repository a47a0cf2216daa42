"""Personal fields: sealed before they are hashed, opened only where they are shown.

A sealed text reads `sealed:1:<person>:<base64>`; the last colon ends the person. Whoever destroys
that person's key erases every copy of it, and every hash still verifies.
"""

from typing import Annotated

from pydantic import StringConstraints

SEALED_PATTERN = r"^sealed:1:[A-Za-z0-9._:@/|+=-]{1,200}:[A-Za-z0-9_-]+$"
"""The person as in `PersonId`, then URL-safe base64 without padding, which has no colon."""

Sealed = Annotated[str, StringConstraints(pattern=SEALED_PATTERN)]
"""A personal text under its person's key."""

KeyName = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""What names one key of a person: 8 random bytes, as hex digits. It opens nothing."""

ERASED = "[erased]"
"""What is shown in the place of a text whose key was destroyed."""
