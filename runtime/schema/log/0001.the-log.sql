-- One log: the events, its head, and the outcomes of commands that recorded nothing.
-- Times are microseconds since 1970 UTC, as they enter the hash. `${schema}` is the log's name.

CREATE TABLE event (
    position       bigint   PRIMARY KEY,
    production     uuid     NOT NULL,
    stream         text     NOT NULL,
    version        int      NOT NULL,
    partition      smallint NOT NULL,
    previous       bigint   NOT NULL,
    id             uuid     NOT NULL,
    ordinal        int      NOT NULL,
    type           text     NOT NULL,
    schema_version int      NOT NULL,
    payload        json     NOT NULL CHECK (octet_length(payload::text) <= 524288),
    recorded_at    bigint   NOT NULL,
    effective_at   bigint   NOT NULL,
    actor          text     NOT NULL,
    command_id     uuid     NOT NULL,
    correlation    text     NOT NULL,
    causation      uuid,
    hops           int      NOT NULL,
    hash           bytea    NOT NULL,
    fingerprint    bytea,
    UNIQUE (stream, version)
);
CREATE UNIQUE INDEX event_command ON event (command_id) WHERE ordinal = 0;
CREATE INDEX event_production ON event (production, position);

CREATE TABLE head (
    only_one    boolean  PRIMARY KEY DEFAULT true CHECK (only_one),
    incarnation uuid     NOT NULL,
    position    bigint   NOT NULL,
    recorded_at bigint   NOT NULL,
    partitions  bigint[] NOT NULL
);
COMMENT ON COLUMN head.partitions IS
    'The last position of each partition. Their number never changes within a topic generation.';
INSERT INTO head VALUES (true, gen_random_uuid(), 0, 0, array_fill(0::bigint, ARRAY[12]));

CREATE TABLE command (
    id          uuid   PRIMARY KEY,
    fingerprint bytea  NOT NULL,
    outcome     json   NOT NULL,
    recorded_at bigint NOT NULL
);

-- The relay's lease and its cursor: for each partition the last confirmed position, its hash and
-- its offset in the topic.
CREATE TABLE relay (
    only_one    boolean  PRIMARY KEY DEFAULT true CHECK (only_one),
    owner       uuid,
    leased_till timestamptz NOT NULL DEFAULT '-infinity',
    incarnation uuid,
    position    bigint   NOT NULL DEFAULT 0,
    positions   bigint[] NOT NULL,
    hashes      bytea[]  NOT NULL,
    offsets     bigint[] NOT NULL
);
INSERT INTO relay (positions, hashes, offsets)
    VALUES (array_fill(0::bigint, ARRAY[12]), array_fill(''::bytea, ARRAY[12]),
            array_fill((-1)::bigint, ARRAY[12]));

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON command
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
