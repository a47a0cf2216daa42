"""What waits, what is owed and what was agreed, as callers of the API hear it: by their roles, page
by page, with the names of people opened at the very edge."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from events import approval, budget, contract
from events.contract import FEES_ARE_FOR, commitment_of
from events.envelope import Recorded
from events.event import Event
from events.names import id_of
from projections.contracts.api import projection as contracts
from projections.contracts.screens import show_contract, show_contracts
from projections.inbox.api import projection as inbox
from projections.inbox.screens import show_inbox, show_inboxes
from projections.obligations.api import projection as obligations
from projections.obligations.screens import show_obligations
from runtime.people.identity import Issuer
from runtime.people.vault import MemoryVault
from runtime.rooms import Projection
from runtime.settings import Settings
from tests.projections.histories import (
    HASH,
    KEEPER,
    PRODUCTION,
    WRITER,
    at,
    drafted,
    executed,
    posted,
    terms,
    told,
)
from tests.projections.reading import asking

pytestmark = pytest.mark.unit

HOME = f"/v1/productions/{PRODUCTION}"
REQUEST = id_of("request", "the keeper's deal")
TOLD_FEES = sorted(FEES_ARE_FOR)
NOT_TOLD = sorted(set(approval.Role) - FEES_ARE_FOR)


@dataclass
class Film:
    """The Last Lighthouse with one person for each role, known by the role's name."""

    settings: Settings
    issuer: Issuer
    vault: MemoryVault
    facts: list[Recorded]

    def asking(self, projection: Projection) -> Any:
        return asking(projection, self.facts, self.vault, self.settings)


@pytest.fixture
async def film(tmp_path: Path) -> Film:
    settings = Settings(home=tmp_path)
    issuer, vault = Issuer(settings), MemoryVault()
    names = {role: issuer.person(role) for role in approval.Role}
    party = await vault.seal("noor-haddad", "Noor Haddad")
    rule = {"roles": ["financier"], "consult": ["director"], "notify": ["auditor"]}
    subject = {"kind": "contract", "name": WRITER, "version": 1, "content_hash": HASH}
    asked: list[Event] = [
        approval.ProductionOpened(
            title="The Last Lighthouse", kind="feature", currency="USD", time_zone="UTC"
        ),
        *[
            approval.PersonAppointed(
                person=person, role=role, name=await vault.seal(person, f"The {role}")
            )
            for role, person in names.items()
        ],
        approval.ApprovalRequested(
            request=REQUEST,
            subject=subject,
            amount="86000.00",
            requested_by=names[approval.Role.LINE_PRODUCER],
            rule=rule,
        ),
    ]
    named = drafted().model_copy(update={"name": party})
    offered = contract.OfferMade(
        contract=WRITER, version=1, terms=terms(), content_hash=HASH, expires_at=at(90)
    )
    deals = [named, drafted(WRITER, "writer"), offered, executed()]
    money = [
        posted(commitment_of(KEEPER, "start", 1), "21500.00"),
        budget.BudgetReturned(version=1, reason="too dear", by="rosalind"),
    ]
    facts = [*told("approval", *asked), *told("contract", *deals), *told("budget", *money)]
    return Film(settings, issuer, vault, facts)


async def test_a_stranger_hears_of_no_production(film: Film) -> None:
    for projection, paths in (
        (contracts, ("contracts", f"contracts/{KEEPER}")),
        (obligations, ("obligations",)),
        (inbox, ("inbox",)),
    ):
        async with film.asking(projection) as ask:
            for path in paths:
                answer = await ask.get("a stranger", f"{HOME}/{path}")
                assert (answer.status_code, answer.json()["code"]) == (404, "no-such-production")


@pytest.mark.parametrize("role", TOLD_FEES)
async def test_fees_are_told_to_those_who_answer_for_the_money(film: Film, role: str) -> None:
    async with film.asking(contracts) as ask:
        listed = await ask.ask(role, f"{HOME}/contracts")
        one = await ask.ask(role, f"{HOME}/contracts/{KEEPER}")
    assert [(row["fee"], row["paid"]) for row in listed["rows"]] == [
        ("86000.00", "21500.00" if row["contract"] == KEEPER else "0.00") for row in listed["rows"]
    ]
    assert (one["fee"], one["terms"]["fee"], one["fees_told"]) == ("86000.00", "86000.00", True)
    async with film.asking(obligations) as ask:
        owed = await ask.ask(role, f"{HOME}/obligations")
    assert owed["totals"][0]["owed"] == "21500.00"


@pytest.mark.parametrize("role", NOT_TOLD)
async def test_everybody_else_sees_every_deal_and_no_money(film: Film, role: str) -> None:
    async with film.asking(contracts) as ask:
        listed = await ask.ask(role, f"{HOME}/contracts")
        one = await ask.get(role, f"{HOME}/contracts/{KEEPER}")
    assert len(listed["rows"]) == 2
    assert [(row["fee"], row["paid"]) for row in listed["rows"]] == [(None, None)] * 2
    assert one.json()["state"] == "executed"
    async with film.asking(obligations) as ask:
        owed = await ask.get(role, f"{HOME}/obligations")
    assert owed.json()["totals"] == []
    async with film.asking(inbox) as ask:
        waiting = await ask.get(role, f"{HOME}/inbox", mine=False)
    for answer in (one, owed, waiting):
        assert not any(fee in answer.text for fee in ("86000", "43000", "21500"))


async def test_names_are_opened_in_the_answer_and_erased_with_their_key(film: Film) -> None:
    async with film.asking(contracts) as ask:
        before = await ask.ask("producer", f"{HOME}/contracts/{KEEPER}")
        assert before["party"] == {"person": "noor-haddad", "name": "Noor Haddad"}
        await film.vault.destroy("noor-haddad")
        after = await ask.ask("producer", f"{HOME}/contracts/{KEEPER}")
        assert after["party"] == {"person": "noor-haddad", "name": "[erased]"}
    async with film.asking(inbox) as ask:
        answer = await ask.get("producer", f"{HOME}/inbox", mine=False)
    assert "The financier" in answer.text
    assert "sealed:" not in answer.text


async def test_an_unknown_contract_is_not_there(film: Film) -> None:
    async with film.asking(contracts) as ask:
        answer = await ask.get("producer", f"{HOME}/contracts/{REQUEST}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-there")


async def test_obligations_are_asked_by_side_status_and_day(film: Film) -> None:
    async with film.asking(obligations) as ask:

        async def ids(**query: str) -> list[str]:
            answer = await ask.ask("producer", f"{HOME}/obligations", **query)
            return [row["id"] for row in answer["rows"]]

        assert await ids() == ["v1", "start", "looping", "sequel", "lock"]
        assert await ids(by="party") == ["v1", "looping"]
        assert await ids(by="production", until="2026-09-30") == ["start"]
        assert await ids(status="met") == []
        assert (await ask.get("producer", f"{HOME}/obligations", by="me")).status_code == 422


@pytest.mark.parametrize(
    ("projection", "path"),
    [(contracts, "contracts"), (obligations, "obligations"), (inbox, "inbox")],
    ids=lambda one: getattr(one, "name", ""),
)
async def test_pages_are_the_whole_answer_in_its_order(
    film: Film, projection: Projection, path: str
) -> None:
    async with film.asking(projection) as ask:
        query: dict[str, Any] = {"mine": False} if projection is inbox else {}
        whole = await ask.ask("producer", f"{HOME}/{path}", **query)
        found, cursor = [], None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await ask.ask("producer", f"{HOME}/{path}", limit=1, **query, **more)
            found += page["rows"]
            cursor = page["next"]
            if cursor is None:
                break
    assert found == whole["rows"]
    assert len(found) >= 2


async def test_the_inbox_is_mine_unless_all_is_asked_for(film: Film) -> None:
    async with film.asking(inbox) as ask:
        mine = await ask.ask("line-producer", f"{HOME}/inbox")
        everybodys = await ask.ask("line-producer", "/v1/inbox", mine=False)
        nothing = await ask.ask("a stranger", "/v1/inbox")
    assert [row["kind"] for row in mine["rows"]] == ["mend"]
    assert sorted(row["kind"] for row in everybodys["rows"]) == [
        "answer",
        "approve",
        "consult",
        "mend",
        "notify",
    ]
    assert everybodys["rows"][0]["title"] == "The Last Lighthouse"
    assert nothing["rows"] == []


async def test_screens_show_what_is_told_and_what_to_do_where_there_is_nothing(
    film: Film, capsys: pytest.CaptureFixture[str]
) -> None:
    async with film.asking(contracts) as ask:
        for who in ("producer", "director"):
            show_contracts(await ask.ask(who, f"{HOME}/contracts"))
            show_contract(await ask.ask(who, f"{HOME}/contracts/{KEEPER}"))
    async with film.asking(obligations) as ask:
        for who in ("producer", "director"):
            show_obligations(await ask.ask(who, f"{HOME}/obligations"))
    async with film.asking(inbox) as ask:
        show_inbox(await ask.ask("producer", f"{HOME}/inbox", mine=False))
        show_inboxes(await ask.ask("producer", "/v1/inbox", mine=False))
        show_inbox(await ask.ask("production-accountant", f"{HOME}/inbox"))
    shown = capsys.readouterr().out
    for words in ("Noor Haddad", "86,000.00", "Fees are left out", "Nothing waits for you"):
        assert words in shown
    nothing: dict[str, Any] = {"rows": [], "moment": None, "freshness": []}
    show_contracts(nothing)
    show_obligations(nothing)
    shown = capsys.readouterr().out
    assert "draft-contract" in shown
    assert "reel contract list" in shown
