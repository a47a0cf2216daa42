"""Settings, all from the environment (`REEL_...`), with defaults for the embedded mode."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

REQUESTS_MAX = 1_024
STATES_MIB = 256


class Settings(BaseSettings):
    """One installation. `REEL_DATABASE_URL` and `REEL_KAFKA` name servers of one's own."""

    model_config = SettingsConfigDict(env_prefix="REEL_", frozen=True)

    home: Path = Field(default=Path(".reel"), description="data of the embedded servers, keys")
    database_url: str | None = Field(default=None, description="PostgreSQL; else embedded")
    database_urls: dict[str, str] = Field(
        default_factory=dict, description="PostgreSQL of single rooms, as JSON {room: url}"
    )
    kafka: str | None = Field(default=None, description="host:port[,host:port]; else embedded")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    kafka_replication: int = Field(default=1, ge=1, le=9)
    topic_prefix: str = Field(default="reel", pattern=r"^[a-z0-9._-]+$")

    host: str = "127.0.0.1"
    port: int = Field(default=0, description="0 takes a free one")

    jwks_url: str | None = Field(default=None, description="keys of your identity provider")
    issuer: str = "reel-embedded"
    audience: str = "reel"
    master_key: SecretStr | None = Field(
        default=None, description="base64 of 32 bytes that wrap the keys of personal fields"
    )
    signing_key: SecretStr | None = Field(
        default=None, description="Ed25519 in PEM (PKCS 8) that signs heads; else one is kept"
    )
    anchors: Path | None = Field(
        default=None, description="the file of anchors; else anchors.reel in the home"
    )
    anchor_minutes: float = Field(
        default=15, ge=0, description="how often the relay's process anchors; 0 is never"
    )

    house_leaders: frozenset[str] = Field(
        default=frozenset(),
        description="ids of the people who lead the house, as a JSON list: they may erase people",
    )

    pool_size: int = Field(default=8, ge=2, le=100)
    requests_max: int = Field(
        default=REQUESTS_MAX, ge=8, description="requests under way in one process; then 503"
    )
    states_mib: int = Field(
        default=STATES_MIB, ge=1, description="MiB for the states of one service's streams"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    def database_of(self, room: str) -> str:
        """The PostgreSQL of one room's log or read model.

        Raises:
            LookupError: no server is named for it.
        """
        url = self.database_urls.get(room) or self.database_url
        if url is None:
            raise LookupError(
                f"no PostgreSQL is named for {room}: set REEL_DATABASE_URL, or run `reel up`, "
                "which starts one"
            )
        return url

    def kafka_servers(self) -> str:
        """Kafka's bootstrap servers.

        Raises:
            LookupError: none is named.
        """
        if self.kafka is None:
            raise LookupError("no Kafka is named: set REEL_KAFKA, or run `reel up`")
        return self.kafka

    @property
    def anchors_file(self) -> Path:
        """Where signed heads are appended."""
        return self.anchors or self.home / "anchors.reel"

    def topic(self, log: str) -> str:
        """The topic that carries one log."""
        return f"{self.topic_prefix}.{log}"


@cache
def settings() -> Settings:
    """This process's settings, read once."""
    return Settings()
