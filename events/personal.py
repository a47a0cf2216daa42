"""Personal fields: sealed before they are hashed, opened only where they are shown.

A sealed text reads `sealed:1:<person>:<base64>`. Whoever destroys that person's key erases every
copy of it, and every hash still verifies.
"""

from typing import Annotated

from pydantic import StringConstraints

Sealed = Annotated[str, StringConstraints(pattern=r"^sealed:1:[^:]+(:[^:]+)*:[A-Za-z0-9_=-]+$")]
"""A personal text under its person's key."""

ERASED = "[erased]"
"""What is shown in the place of a text whose key was destroyed."""
