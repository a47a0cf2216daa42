"""Personal fields of a command are sealed before anything sees them, or its class is refused."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from events.names import PersonId, Text
from events.personal import Sealed
from runtime.decider import Command, Personal
from runtime.people.personal import personal_fields
from runtime.people.sealing import TextLooksSealed, seal_command
from runtime.people.vault import MemoryVault

pytestmark = pytest.mark.unit


class Address(BaseModel):
    street: str


class HireGrip(Command):
    person: PersonId
    name: Annotated[Text, Personal()]
    phone: Annotated[Text | None, Personal()] = None
    email: Annotated[Text, Personal("person")] | None = None
    remark: Annotated[Text, Personal(of=""), Field(description="the actor's own")] = "none"
    address: Address | None = None


async def test_a_command_s_personal_fields_are_sealed() -> None:
    vault = MemoryVault()
    command = HireGrip(person="ann", name="Ann", email="ann@example.org", remark="call me")
    sealed = await seal_command(vault, command, "boss")
    assert sealed == await seal_command(vault, command, "boss")
    assert sealed.person == "ann" and sealed.phone is None
    assert sealed.name.startswith("sealed:1:ann:")
    assert sealed.remark.startswith("sealed:1:boss:")
    assert await vault.open_all(sealed.model_dump()) == command.model_dump()


async def test_a_sealed_text_cannot_be_sent_to_have_it_opened() -> None:
    vault = MemoryVault()
    stolen = await vault.seal("bob", "9 Oak Lane")
    for command in (
        HireGrip(person="ann", name=stolen),
        HireGrip(person="ann", name="Ann", address=Address(street=stolen)),
    ):
        with pytest.raises(TextLooksSealed):
            await seal_command(vault, command, "boss")


class Nested(BaseModel):
    name: Annotated[str, Personal("")]


class Deeper(BaseModel):
    inner: "list[Deeper]" = []
    nested: dict[str, Nested] = {}


class InList(Command):
    names: list[Annotated[str, Personal("")]]


class OfList(Command):
    names: Annotated[list[str], Personal("")]


class InModel(Command):
    nested: Nested | None = None


class FarDown(Command):
    deeper: tuple[Deeper, ...] = ()


class OfNobody(Command):
    name: Annotated[str, Personal("persn")]


class Twice(Command):
    name: Annotated[str, Personal("")] | Annotated[str | None, Personal("")]


@pytest.mark.parametrize("command", [InList, OfList, InModel, FarDown, OfNobody, Twice])
def test_a_marker_that_would_seal_nothing_is_refused(command: type[Command]) -> None:
    with pytest.raises(TypeError, match=f"{command.__name__}\\."):
        personal_fields(command)


async def test_a_command_without_personal_fields_stays_itself() -> None:
    class LockBudget(Command):
        note: Any = None

    command = LockBudget()
    assert await seal_command(MemoryVault(), command, "ann") is command


@pytest.mark.parametrize("text", ["sealed:1:ann:AA\n", "sealed:1:a nn:AA", "sealed:1:ann:A=", "x"])
def test_an_event_takes_sealed_texts_alone(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Sealed).validate_python(text)
