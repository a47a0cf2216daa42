"""The SQL around a restore, so that all of it is one transaction: before its end nobody sees any of
it, and whoever sees it finds logs of new incarnations."""

from collections.abc import Sequence

BUSY = "application_name LIKE 'reel %' AND datname = current_database() AND pid <> pg_backend_pid()"
"""Which sessions in `pg_stat_activity` are of Reel's processes, in this database."""

_BEGIN = """BEGIN;
SET LOCAL lock_timeout = '30s';
SET LOCAL client_min_messages = warning;
"""

_ROLE = """DO $$ BEGIN
    BEGIN
        CREATE ROLE {role} NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    BEGIN
        GRANT {role} TO current_user;
    EXCEPTION WHEN unique_violation OR invalid_grant_operation THEN NULL;
    END;
END $$;
"""

_REMEMBER = "CREATE TEMP TABLE had_{log} ON COMMIT DROP AS TABLE {log}.incarnation;\n"

_DROP = 'DROP SCHEMA IF EXISTS "{schema}" CASCADE;\n'

_KNOWN_BEFORE = """INSERT INTO {log}.incarnation
    SELECT * FROM pg_temp.had_{log} ON CONFLICT DO NOTHING;
"""

_RENEW = """UPDATE {log}.head SET incarnation = gen_random_uuid();
UPDATE {log}.relay SET owner = NULL, leased_till = '-infinity';
"""

_OWN_ANSWERS = """UPDATE {service}.answers SET incarnation = head.incarnation
    FROM {log}.head JOIN {log}.incarnation AS present USING (incarnation)
    WHERE answers.incarnation = present.parent;
"""

_END = f"""DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_stat_activity WHERE {BUSY}) THEN
        RAISE EXCEPTION 'Reel was started meanwhile: stop it, and restore again';
    END IF;
END $$;
COMMIT;
"""


def beginning(logs: Sequence[str], schemas: Sequence[str], there: Sequence[str]) -> bytes:
    """What goes before the dumps. `there` are the logs that the database has by now, whose
    histories are remembered: anchors and tokens of theirs are still about."""
    return "".join(
        [
            _BEGIN,
            *(_ROLE.format(role=f"reel_{log}_service") for log in logs),
            *(_REMEMBER.format(log=log) for log in there),
            *(_DROP.format(schema=schema) for schema in schemas),
        ]
    ).encode()


def end(logs: Sequence[str], schemas: Sequence[str], there: Sequence[str]) -> bytes:
    """What goes behind them: every log begins a new history, and what its own service has answered
    is answered in that one too, since both are of one moment."""
    said = []
    for log in logs:
        if log in there:
            said.append(_KNOWN_BEFORE.format(log=log))
        said.append(_RENEW.format(log=log))
        if f"{log}_service" in schemas:
            said.append(_OWN_ANSWERS.format(log=log, service=f"{log}_service"))
    return "".join([*said, _END]).encode()
