-- Who looked at what deals and people are paid, apart from the logs: a reading is no fact of a
-- production. Persons by their opaque ids alone.
CREATE TABLE read (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    production  uuid        NOT NULL,
    person      text        NOT NULL,
    roles       text[]      NOT NULL,
    what        text        NOT NULL,
    subject     text,
    status      smallint    NOT NULL,
    correlation text        NOT NULL
);
CREATE INDEX read_production ON read (production, id);
COMMENT ON COLUMN read.status IS 'As HTTP has it: 200 told, 403 or 404 refused.';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'readings are append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON read
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
