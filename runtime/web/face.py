"""What the HTTP side of one service is made with."""

from runtime.handling import Handler
from runtime.people.names import Names
from runtime.people.team import Team
from runtime.people.vault import Sealer
from runtime.rooms import Service


class ServiceFace:
    """What the HTTP side of one service needs."""

    def __init__(self, handler: Handler, team: Team, vault: Sealer, names: Names) -> None:
        self.handler = handler
        self.service: Service = handler.service
        self.team = team
        self.vault = vault
        self.names = names
