"""The one error of this package: what went wrong, and what a person can do about it."""


class EmbeddedError(RuntimeError):
    """An embedded server cannot be fetched, started or stopped; the text ends with the cure."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}\n{cure}")
        self.problem = problem
        self.cure = cure


KAFKA_CURE = "Or name a Kafka of your own: REEL_KAFKA=host:port"
DATABASE_CURE = (
    "Or name a PostgreSQL of your own: REEL_DATABASE_URL=postgresql://user:password@host/database"
)
