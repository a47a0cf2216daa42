"""A build from before approvals had delegations and rules had steps: it writes and knows the older
versions of those facts, and nothing of the present ones.

Imported into one process before `reel` runs.
"""

import os
from typing import Any

from events import approval
from events.event import Event, catalogue

RETIRED: dict[type[Event], type[Event]] = {
    approval.ApprovalRulesSet: approval.ApprovalRulesSetV1,
    approval.ApprovalRequested: approval.ApprovalRequestedV1,
    approval.ApprovalGiven: approval.ApprovalGivenV1,
    approval.ApprovalGranted: approval.ApprovalGrantedV1,
    approval.ApprovalRefused: approval.ApprovalRefusedV1,
}
"""Facts by what stood for them in that build."""


def _become_older(present: Any, retired: type[Event]) -> None:
    """Lets a present fact be written as the build before knew it, and not be read."""
    wire = retired.wire()
    catalogue().pop(present.wire())
    present.wire = classmethod(lambda cls: wire)
    present.encode = lambda fact: _narrowed(fact.model_dump(mode="json"), retired)


def _narrowed(data: dict[str, Any], retired: type[Event]) -> str:
    known = {name: value for name, value in data.items() if name in retired.model_fields}
    if "rules" in known:
        known["rules"] = [_rule(one) for one in known["rules"]]
    if "rule" in known:
        known["rule"] = _rule(known["rule"])
    return retired.model_validate(known).encode()


def _rule(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in approval.RuleV1.model_fields}


RETIRED_TYPES = [one.wire()[0] for one in RETIRED]

if os.environ.get("REEL_TEST_PRELUDE") == __name__:
    for _present, _retired in RETIRED.items():
        _become_older(_present, _retired)
