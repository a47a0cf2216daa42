-- What every consumer keeps beside its own tables: its place in each partition of each log, the
-- teams it authorises against, and what it remembers of each production.

CREATE TABLE place (
    log         text     NOT NULL,
    partition   smallint NOT NULL,
    incarnation uuid     NOT NULL,
    position    bigint   NOT NULL,
    hash        bytea    NOT NULL,
    "offset"    bigint   NOT NULL,
    moved_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    stopped     text,
    PRIMARY KEY (log, partition)
);
COMMENT ON COLUMN place.stopped IS 'Why the partition stands still; null while it moves.';

CREATE TABLE production (
    production uuid PRIMARY KEY,
    title      text NOT NULL,
    kind       text NOT NULL,
    currency   text NOT NULL,
    time_zone  text NOT NULL
);

CREATE TABLE team (
    production uuid NOT NULL,
    person     text NOT NULL,
    role       text NOT NULL,
    starts     date,
    ends       date,
    PRIMARY KEY (production, person, role)
);
CREATE INDEX team_person ON team (person, production);

CREATE TABLE known (
    production uuid PRIMARY KEY,
    body       json NOT NULL
);
