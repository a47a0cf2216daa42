"""The hash that names exactly one content."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256

import pytest

from runtime.content import content_hash

pytestmark = pytest.mark.unit


class Kind(StrEnum):
    CAST = "cast"


def test_a_content_is_hashed_in_its_canonical_form():
    content = {
        "zoë": ["b", "a", None, True],
        "amount": Decimal("1200.50"),
        "round": Decimal("1200"),
        "none": Decimal("-0.00"),
        "on": date(2026, 9, 14),
        "kind": Kind.CAST,
    }
    canonical = (
        '{"amount":"1200.5","kind":"cast","none":"0","on":"2026-09-14","round":"1200",'
        '"zoë":["b","a",null,true]}'
    )
    assert content_hash(content) == sha256(canonical.encode()).hexdigest()


def test_what_has_no_canonical_form_is_not_hashed():
    with pytest.raises(TypeError, match="set has no canonical form"):
        content_hash({"things": {1}})
