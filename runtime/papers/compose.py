"""`docker-compose.yml`: a container for every service, every projection, and the relay."""

from collections.abc import Mapping

from runtime import rooms
from runtime.process import Parts, connections_of
from runtime.settings import Settings

FIRST_PORT = 8001
POOL_SIZE: int = Settings.model_fields["pool_size"].default
SPARE_CONNECTIONS = 20
"""For migrations, and for people who look."""

HEAD = """\
# Reel in its parts, each in a container of its own, on one PostgreSQL and one Apache Kafka.
# `docker compose up --build`, then ask the services on {services},
# and the read models on {projections}.
# The keys of this installation live in the volume `keys`, which every part shares. No part runs as
# root, and each says whether it is well: both stand in the Dockerfile.
# Made from the rooms by `make generate`.

x-reel: &reel
  build: .
  restart: unless-stopped
  environment:
    REEL_DATABASE_URL: postgresql://reel:reel@postgres/reel
    REEL_KAFKA: kafka:9092
    REEL_HOUSE_LEADERS: ${{REEL_HOUSE_LEADERS:-[]}}
  volumes: [keys:/var/lib/reel]

x-after-migration: &after-migration
  migrate:
    condition: service_completed_successfully

services:
  postgres:
    image: postgres:18
    environment:
      POSTGRES_USER: reel
      POSTGRES_PASSWORD: reel
      POSTGRES_DB: reel
    command: ["-c", "max_connections={connections}"]
    volumes: [postgres:/var/lib/postgresql]
    healthcheck:
      test: ["CMD", "pg_isready", "-U", "reel"]
      interval: 2s
      retries: 30

  kafka:
    image: apache/kafka:4.4.0
    environment:
      KAFKA_NODE_ID: "1"
      KAFKA_PROCESS_ROLES: broker,controller
      KAFKA_LISTENERS: PLAINTEXT://:9092,CONTROLLER://:9093
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://kafka:9092
      KAFKA_CONTROLLER_LISTENER_NAMES: CONTROLLER
      KAFKA_CONTROLLER_QUORUM_VOTERS: 1@kafka:9093
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1"
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1"
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1"
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false"
      KAFKA_LOG_DIRS: /var/lib/kafka/data
    volumes: [kafka:/var/lib/kafka/data]
    healthcheck:
      test: ["CMD", "/opt/kafka/bin/kafka-topics.sh", "--list",
             "--bootstrap-server", "localhost:9092"]
      interval: 5s
      retries: 30

  migrate:
    <<: *reel
    command: [migrate]
    restart: on-failure
    depends_on:
      postgres: {{condition: service_healthy}}
      kafka: {{condition: service_healthy}}
    healthcheck: {{disable: true}}
"""

PART = """
  {name}:
    <<: *reel
    command: [{command}]
    depends_on: *after-migration
"""

PORTS = """\
    ports: ["127.0.0.1:{port}:8000"]
"""

FOOT = """
volumes:
  postgres:
  kafka:
  keys:
"""


def ports() -> Mapping[str, int]:
    """One port for each part that answers: the services from A to Z, then the projections."""
    names = [*rooms.services(), *rooms.projections()]
    return {name: port for port, name in enumerate(names, FIRST_PORT)}


def papers() -> Mapping[str, str]:
    """`docker-compose.yml`."""
    port_of = ports()

    def told(names: Mapping[str, object]) -> str:
        first, *_, last = [port_of[name] for name in names] * 2
        return f"port {first}" if len(names) == 1 else f"ports {first} to {last}"

    def part(verb: str, name: str) -> str:
        return PART.format(name=name, command=f"{verb}, {name}") + PORTS.format(port=port_of[name])

    parts = [
        HEAD.format(
            services=told(rooms.services()),
            projections=told(rooms.projections()),
            connections=connections_of(Parts.apart(), POOL_SIZE) + SPARE_CONNECTIONS,
        ),
        *(part("serve", name) for name in rooms.services()),
        PART.format(name="relay", command="relay"),
        *(part("project", name) for name in rooms.projections()),
        FOOT,
    ]
    return {"docker-compose.yml": "".join(parts)}
