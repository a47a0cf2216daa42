"""What every test may ask for: one PostgreSQL and one Kafka for the session."""

pytest_plugins = ["tests.servers"]
