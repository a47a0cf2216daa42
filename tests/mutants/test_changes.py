"""What is changed, and what is left alone."""

import ast

import pytest

from tests.mutants.changes import mutants

pytestmark = pytest.mark.unit

RULE = b'''"""A rule."""

LIMIT = 3


def due(amount: int, kind: str = "fee") -> int:
    """What is owed."""
    if amount > LIMIT and kind == "fee":
        raise ValueError("it is not owed: check the amount")
    match kind:
        case "fee":
            return (amount + 1)
        case "fine":
            return Owed(amount, "a text of words", note=f"{kind}")
        case _ as never:
            assert_never(never)
'''


def changes(source: bytes) -> set[tuple[str, str]]:
    return {(one.old.strip(), one.new) for one in mutants(source, "rule.py")}


def test_comparisons_numbers_words_and_conditions_are_changed():
    found = changes(RULE)
    assert {
        ("> LIMIT", ">= LIMIT"),
        ("1", "2"),
        ("amount + 1", "amount - 1"),
        ("amount + 1", "None"),
        ('"fine"', "'XXfineXX'"),
        ('amount > LIMIT and kind == "fee"', 'amount > LIMIT or kind == "fee"'),
        ('amount > LIMIT and kind == "fee"', 'not (amount > LIMIT and kind == "fee")'),
        ("amount", "None"),
    } <= found


def test_what_people_read_and_what_only_proves_types_is_left_alone():
    for old, _ in changes(RULE):
        assert "owed" not in old
        assert old not in ('"a text of words"', 'f"{kind}"', "LIMIT = 3", "int", "str")
        assert "never" not in old


def test_a_case_is_taken_away_and_the_lines_below_it_stay_where_they_are():
    found = [one for one in mutants(RULE, "rule.py") if one.new.startswith("case _ if False")]
    assert len(found) == 2
    for one in found:
        assert one.applied(RULE).count(b"\n") == RULE.count(b"\n")


def test_every_change_makes_one_other_program():
    programs = {ast.dump(ast.parse(one.applied(RULE))) for one in mutants(RULE, "rule.py")}
    assert ast.dump(ast.parse(RULE)) not in programs
    assert len(programs) == len(mutants(RULE, "rule.py"))


def test_a_mutant_knows_its_function_and_its_statement():
    (one,) = (one for one in mutants(RULE, "rule.py") if one.new == "amount - 1")
    assert (one.function, one.first, one.last) == ("due", 12, 12)
