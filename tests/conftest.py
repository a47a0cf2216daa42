"""What every test may ask for: one PostgreSQL, one Kafka and one running instance a session."""

pytest_plugins = ["tests.servers", "tests.http.instance"]
