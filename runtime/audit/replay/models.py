"""What a replay folds again: read models, and what services remember, as views of the same kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime import rooms
from runtime.audit.replay.remembered import remembered, row_of
from runtime.audit.replay.teams import with_teams
from runtime.rebuilding.registry import live_version
from runtime.rooms import Projection, Service
from runtime.view import View


@dataclass(frozen=True)
class Model:
    """Rows that follow from the logs: of a projection, or of a service, with teams and titles."""

    name: str
    view: View
    projection: Projection | None = None
    service: Service | None = None

    async def schema(self, connection: Any) -> str:
        """Where the rows are that readers, or the service's policies, read now, or that are filled
        before they do.

        Raises:
            LookupError: they read what another build folded.
        """
        if self.projection is None:
            return self.told
        version = await live_version(connection, self.name)
        if version is None:
            return self.projection.schema
        if version.code != self.projection.version:
            raise LookupError(
                f"readers read {version.schema}, and this build folds version "
                f"{self.projection.version} of {self.projection.path}: replay it with the build "
                "that folds that one, or leave it out with --model"
            )
        return version.schema

    @property
    def told(self) -> str:
        """What it is called in differences: a read model by its name, a service by its schema."""
        return self.name if self.service is None else f"{self.name}_service"

    def rows_of(self, table: type[Any], record: Any) -> list[Any]:
        """The rows that one row of the table stands for."""
        if self.service is None:
            return [table(*record)]
        return row_of(self.service, table, record)


def models() -> Mapping[str, Model]:
    """Everything that there is to fold again, by the name of its room: read models first."""
    shown = {
        name: Model(name, with_teams(one.view), projection=one)
        for name, one in rooms.projections().items()
    }
    kept = {
        name: Model(name, with_teams(remembered(one)), service=one)
        for name, one in rooms.services().items()
    }
    return {**shown, **kept}
