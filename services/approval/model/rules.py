"""The rules of a production, by kind of subject."""

from collections.abc import Sequence
from itertools import pairwise

from immutables import Map

from events.approval import ApprovalRulesSet, Rule
from events.event import Event
from services.approval.commands import SetApprovalRules
from services.approval.model.rejections import BandsOverlap

Rules = Map[str, tuple[Rule, ...]]


def set_rules(rules: Rules, command: SetApprovalRules) -> Sequence[Event]:
    """The fact that these rules hold; refuses bands that overlap."""
    if rules.get(command.subject_kind, ()) == command.rules:
        return []
    bands = sorted(command.rules, key=lambda rule: rule.at_least)
    for band in bands:
        if band.below is not None and band.below <= band.at_least:
            raise BandsOverlap(
                f"the band from {band.at_least} to {band.below} holds no amount: "
                "`below` must be more than `at_least`"
            )
    for lower, upper in pairwise(bands):
        if lower.below is None or lower.below > upper.at_least:
            raise BandsOverlap(
                f"the band from {lower.at_least} reaches into the one from {upper.at_least}: "
                f"end it with `below` {upper.at_least}"
            )
    return [ApprovalRulesSet(subject_kind=command.subject_kind, rules=command.rules)]
