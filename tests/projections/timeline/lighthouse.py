"""Eight days of The Last Lighthouse: planned, locked, shot, struck by a storm and moved."""

from datetime import UTC, date, datetime
from decimal import Decimal

from events import approval, budget, contract, schedule
from events.calendar import Calendar, Weekday
from events.event import Event
from events.names import id_of
from events.schedule import Link, MilestoneKind, TaskKind

HASH = "a" * 64
REQUEST = id_of("request", "schedule")
SILAS, RELEASE, NOVEL = (id_of("contract", name) for name in ("silas", "release", "novel"))
STORM = id_of("the fact of the storm")
PREVIEW = id_of("screening", "preview")
WEEKENDS_OFF = Calendar(starts_on=date(2026, 9, 14), days_off=(Weekday.SATURDAY, Weekday.SUNDAY))
EIGHTHS = (24, 18, 20, 18)


def day(text: str) -> date:
    """`09-14` of 2026."""
    return date.fromisoformat(f"2026-{text}")


def planned(*dates: str) -> tuple[schedule.PlannedDay, ...]:
    return tuple(
        schedule.PlannedDay(
            day=n, on=day(on), eighths=EIGHTHS[(n - 1) % 4], breakdowns=(f"B-{n}",), cast=("SILAS",)
        )
        for n, on in enumerate(dates, 1)
    )


DAYS = planned("09-14", "09-15", "09-16", "09-17")
TO_THE_LOCK: list[Event] = [
    schedule.ScheduleDrafted(name="The Last Lighthouse"),
    schedule.BehindThresholdSet(eighths=8),
    schedule.ShootDaysPlanned(board="blue", calendar=WEEKENDS_OFF, days=DAYS),
    schedule.MilestoneSet(
        milestone="photography",
        kind=MilestoneKind.PHOTOGRAPHY_START,
        name="First day of photography",
        on=day("09-14"),
    ),
    schedule.MilestoneSet(
        milestone="wrap", kind=MilestoneKind.WRAP, name="Picture wrap", on=day("09-17")
    ),
    schedule.TaskSet(
        task="edit",
        kind=TaskKind.EDIT,
        name="Director's cut",
        starts_on=day("09-18"),
        days=10,
        links=(Link(after="wrap"),),
    ),
    schedule.TaskSet(
        task="poster", kind=TaskKind.POSTER, name="Poster", starts_on=day("09-21"), days=3
    ),
    schedule.MilestoneSet(
        milestone="delivery",
        kind=MilestoneKind.DELIVERY,
        name="Delivery to the distributor",
        on=day("10-01"),
        links=(Link(after="edit"),),
        territory="US",
    ),
    schedule.ScheduleSubmitted(
        version=1,
        content_hash=HASH,
        shoot_days=4,
        eighths=80,
        starts_on=day("09-14"),
        ends_on=day("09-17"),
    ),
]
LOCK = schedule.ScheduleLocked(
    version=1,
    content_hash=HASH,
    request=REQUEST,
    board="blue",
    calendar=WEEKENDS_OFF,
    days=DAYS,
)
SHOT: list[Event] = [
    schedule.ShootDayWrapped(
        day=1,
        on=day("09-14"),
        breakdowns=("B-1",),
        eighths=13,
        eighths_planned=24,
        eighths_to_date=13,
        eighths_planned_to_date=24,
    ),
    schedule.ShootDayFellBehind(
        day=1, on=day("09-14"), eighths_behind=11, threshold=8, tenths_of_days_behind=6
    ),
]
MOVED = schedule.ShootDaysMoved(
    day=3,
    was=day("09-16"),
    on=day("09-21"),
    reason="a storm at the lighthouse",
    days=(
        schedule.DatedDay(day=3, on=day("09-21")),
        schedule.DatedDay(day=4, on=day("09-22")),
    ),
)
SCHEDULE: list[Event] = [*TO_THE_LOCK, LOCK, *SHOT, MOVED]

TERMS = contract.Terms(
    currency="USD",
    fee=Decimal("86000"),
    payments=(
        contract.Payment(payment="first", amount=Decimal("43000"), due_on=day("09-14")),
        contract.Payment(payment="rest", amount=Decimal("43000"), upon="picture wrap"),
    ),
    engagement=contract.Engagement(
        role="Silas Marr, the keeper",
        starts_on=day("09-14"),
        ends_on=day("09-18"),
        firm=True,
        element="SILAS",
    ),
)
LONGER = TERMS.model_copy(
    update={
        "engagement": TERMS.engagement
        and TERMS.engagement.model_copy(update={"ends_on": day("09-22")}),
        "payments": TERMS.payments[:1],
    }
)
RELEASE_TERMS = contract.Terms(
    currency="USD",
    windows=(
        contract.Window(territory="US", medium="theatrical", opens_on=day("11-20")),
        contract.Window(territory="US", medium="theatrical", opens_on=day("12-20")),
        contract.Window(
            territory="US", medium="svod", opens_on=day("12-31"), closes_on=date(2027, 12, 31)
        ),
    ),
    deliverables=(contract.Deliverable(deliverable="dcp", name="DCP", due_on=day("10-05")),),
)
NOVEL_TERMS = contract.Terms(
    currency="USD",
    options=(
        contract.Option(
            option="novel",
            right="The rights in the novel",
            exercise_by=day("09-30"),
            price=Decimal("120000"),
            needed_by="delivery",
        ),
    ),
)


def executed(of: str, title: str, terms: contract.Terms) -> contract.ContractExecuted:
    return contract.ContractExecuted(
        contract=of,
        kind=contract.Kind.CAST,
        title=title,
        party="person:silas",
        version=1,
        terms=terms,
        content_hash=HASH,
        executed_on=day("08-03"),
    )


DRAFTED = contract.ContractDrafted(
    contract=SILAS,
    kind=contract.Kind.CAST,
    title="The keeper",
    party="person:silas",
    terms=TERMS,
)
CONFLICT = contract.EngagementConflicted(
    contract=SILAS,
    conflict="dates",
    cause=STORM,
    problem="shoot days 3 and 4 lie outside the engagement",
    days=(day("09-21"), day("09-22")),
)
RESOLVED = contract.ConflictResolved(contract=SILAS, conflict="dates", cause=STORM)
CONTRACTS: list[Event] = [
    DRAFTED,
    contract.OfferMade(
        contract=SILAS,
        version=1,
        terms=TERMS,
        content_hash=HASH,
        expires_at=datetime(2026, 8, 1, tzinfo=UTC),
    ),
    contract.OfferAccepted(
        contract=SILAS,
        version=1,
        content_hash=HASH,
        accepted_by=contract.Side.PARTY,
        accepted_on=day("07-28"),
    ),
    executed(SILAS, "The keeper", TERMS),
    executed(RELEASE, "US release", RELEASE_TERMS),
    executed(NOVEL, "The novel", NOVEL_TERMS),
    contract.PaymentEarned(
        contract=SILAS, payment="rest", amount=Decimal("43000"), due_on=day("09-25")
    ),
    contract.DeliverableReceived(contract=RELEASE, deliverable="dcp", received_on=day("10-02")),
    contract.DeliverableRejected(
        contract=RELEASE, deliverable="dcp", reason="no captions", cure_by=day("10-12")
    ),
    contract.OptionExtended(
        contract=NOVEL,
        option="novel",
        was=day("09-30"),
        exercise_by=day("10-02"),
        price=Decimal("5000"),
    ),
    CONFLICT,
]
AMENDED = contract.ContractAmended(
    contract=SILAS,
    version=2,
    before=TERMS,
    after=LONGER,
    content_hash=HASH,
    amended_on=day("09-18"),
)

SUBJECT = approval.Subject(kind="schedule", name="blue", version=1, content_hash=HASH)
CUT = approval.Subject(kind="cut", name="preview cut", version=2, content_hash=HASH)
APPROVALS: list[Event] = [
    approval.ApprovalRequested(
        request=REQUEST,
        subject=SUBJECT,
        amount=None,
        requested_by="ingrid",
        rule=approval.Rule(roles=(approval.Role.PRODUCER,)),
        due_on=day("09-10"),
    ),
    approval.ApprovalFellDue(request=REQUEST, subject=SUBJECT, due_on=day("09-10")),
    approval.CutScreened(
        screening=PREVIEW, cut=CUT, held_on=day("12-03"), place="Portland", audience=312
    ),
    approval.ScoresRecorded(
        screening=PREVIEW,
        cut=CUT,
        cards=approval.Cards(
            excellent=100, very_good=120, good=60, fair=20, poor=0, definitely_recommend=150
        ),
        answers=300,
        top_two_box=Decimal("0.7333"),
        definite_recommend=Decimal("0.5000"),
        margin=Decimal("0.0500"),
    ),
    approval.ScreeningDecided(
        screening=PREVIEW, cut=CUT, decision=approval.Decision.RECUT, reason="the fire is long"
    ),
]
DECIDED: list[Event] = [
    approval.ApprovalGranted(request=REQUEST, subject=SUBJECT, by="tobias"),
    approval.ApprovalRefused(request=REQUEST, subject=SUBJECT, by="tobias", reason="too long"),
    approval.ApprovalVoided(request=REQUEST, subject=SUBJECT, reason="a new version"),
]
OVERAGE = id_of("overage", "1")
BUDGET: list[Event] = [
    budget.OverageForecast(
        overage=OVERAGE,
        number=1,
        cause=budget.OverageCause.BEHIND_SCHEDULE,
        approved=Decimal("1400000"),
        efc=Decimal("1431750"),
        amount=Decimal("31750"),
        accounts=(budget.AccountTotal(account="2302", total=Decimal("31750")),),
        reason="the storm",
        content_hash=HASH,
    )
]
APPROVED = budget.OverageApproved(
    overage=OVERAGE,
    amount=Decimal("31750"),
    accounts=(budget.AccountTotal(account="2302", total=Decimal("31750")),),
    request=REQUEST,
)
REFUSED = budget.OverageRefused(
    overage=OVERAGE, amount=Decimal("31750"), request=REQUEST, reason="find it", by="tobias"
)

STORY: list[Event] = [*APPROVALS[:2], *SCHEDULE, *CONTRACTS, *APPROVALS[2:], *BUDGET]
"""The eight days, as far as they are told above."""

OTHERS: list[Event] = [
    AMENDED,
    APPROVED,
    REFUSED,
    *DECIDED,
    schedule.ScheduleReturned(version=1, reason="too long", by="tobias"),
    schedule.ScheduleReopened(version=2, was_locked=True, reason="the storm"),
    schedule.ShootDaysPlanned(
        board="pink", calendar=WEEKENDS_OFF, days=planned("09-16", "09-17", "09-19")
    ),
    schedule.ShootDayWrapped(
        day=9,
        on=day("09-26"),
        breakdowns=(),
        eighths=0,
        eighths_planned=9,
        eighths_to_date=9,
        eighths_planned_to_date=9,
    ),
    schedule.MilestoneMoved(
        milestone="wrap",
        kind=MilestoneKind.WRAP,
        was=day("09-17"),
        on=day("09-24"),
        reason="a second unit",
    ),
    schedule.MilestoneReached(milestone="wrap", kind=MilestoneKind.WRAP, on=day("09-22")),
    schedule.MilestoneSet(
        milestone="wrap",
        kind=MilestoneKind.WRAP,
        name="Wrap",
        on=day("09-19"),
        links=(Link(after="edit"), Link(after="nothing", type=schedule.LinkType.START_START)),
    ),
    schedule.TaskMoved(
        task="edit",
        was_on=day("09-18"),
        was_days=10,
        starts_on=day("09-23"),
        days=12,
        reason="the editor is ill",
    ),
    schedule.TaskFinished(task="edit", on=day("10-03")),
    schedule.TaskSet(
        task="edit",
        kind=TaskKind.EDIT,
        name="Cut",
        starts_on=day("09-20"),
        days=2,
        links=(Link(after="delivery"),),
    ),
    contract.TermsRedrafted(contract=SILAS, version=2, terms=LONGER, reason="longer"),
    contract.OfferCountered(
        contract=SILAS,
        version=2,
        by=contract.Side.PARTY,
        terms=LONGER,
        content_hash=HASH,
        expires_at=datetime(2026, 8, 1, tzinfo=UTC),
    ),
    contract.OfferLapsed(contract=SILAS, version=1, expired_at=datetime(2026, 8, 1, tzinfo=UTC)),
    contract.OfferWithdrawn(contract=SILAS, version=1, reason="another keeper"),
    RESOLVED,
    contract.DeliverableAccepted(contract=RELEASE, deliverable="dcp", accepted_on=day("10-09")),
    contract.OptionExercised(
        contract=NOVEL, option="novel", price=Decimal("120000"), exercised_on=day("09-29")
    ),
    contract.OptionLapsed(contract=NOVEL, option="novel", exercise_by=day("10-02")),
    contract.ContractTerminated(
        contract=SILAS,
        reason="injury",
        terminated_on=day("09-20"),
        released=("rest",),
        owed=("first",),
    ),
    contract.ContractCompleted(contract=SILAS, completed_on=day("10-20")),
    contract.ContractExpired(contract=NOVEL, reason="nobody took it up"),
]
"""What else the four logs may say of it, in ways that get in each other's way."""
