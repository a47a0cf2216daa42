"""How the approval room comes to know what it remembers of a production. Pure."""

from events.approval import (
    AppointmentEnded,
    ApprovalRulesSet,
    AuthorityDelegated,
    DelegationEnded,
    PersonAppointed,
)
from events.envelope import Recorded
from services.approval.model.known import Appointment, Known


def hear(known: Known, recorded: Recorded) -> Known:
    """Remembers rules, appointments and delegations as they were set last."""
    match recorded.event:
        case ApprovalRulesSet(subject_kind=subject_kind, rules=rules):
            return known.model_copy(update={"rules": {**known.rules, subject_kind: rules}})
        case PersonAppointed() as appointed:
            return _with_appointment(
                known,
                Appointment(
                    person=appointed.person,
                    role=appointed.role,
                    starts=appointed.starts,
                    ends=appointed.ends,
                ),
            )
        case AppointmentEnded() as ended:
            for one in known.appointments:
                if (one.person, one.role) == (ended.person, ended.role):
                    return _with_appointment(known, one.model_copy(update={"ends": ended.ends}))
            return known
        case AuthorityDelegated() as delegated:
            return _with_delegation(known, delegated)
        case DelegationEnded() as over:
            for given in known.delegations:
                if (given.delegator, given.delegate) == (over.delegator, over.delegate):
                    return _with_delegation(known, given.model_copy(update={"ends": over.ends}))
            return known
        case _:
            return known


def _with_appointment(known: Known, appointment: Appointment) -> Known:
    key = (appointment.person, appointment.role)
    others = (one for one in known.appointments if (one.person, one.role) != key)
    return known.model_copy(update={"appointments": (*others, appointment)})


def _with_delegation(known: Known, delegated: AuthorityDelegated) -> Known:
    key = (delegated.delegator, delegated.delegate)
    others = (one for one in known.delegations if (one.delegator, one.delegate) != key)
    return known.model_copy(update={"delegations": (*others, delegated)})
