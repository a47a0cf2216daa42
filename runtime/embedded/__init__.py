"""PostgreSQL and Apache Kafka as child processes, on a machine that has neither.

Both keep their data below one folder, `.reel`; both are ordinary servers on 127.0.0.1, the same
programs as in production. `servers.Servers` starts what the environment does not name already.
"""
