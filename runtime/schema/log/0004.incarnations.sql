-- Every history that this log has had. Whoever renews the head's incarnation begins a new one, in
-- the same statement: its facts up to `branched_at` are its parent's, what the parent recorded
-- behind that is not in this log.

CREATE TABLE incarnation (
    incarnation uuid   PRIMARY KEY,
    since       bigint NOT NULL,
    parent      uuid,
    branched_at bigint NOT NULL
);
COMMENT ON COLUMN incarnation.branched_at IS
    'The last position that it shares with its parent; 0 for the first, which has none.';

INSERT INTO incarnation
SELECT incarnation,
       coalesce((SELECT recorded_at FROM event ORDER BY position LIMIT 1),
                (extract(epoch FROM clock_timestamp()) * 1000000)::bigint),
       NULL, 0
FROM head;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incarnation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION begin_incarnation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO incarnation
    VALUES (NEW.incarnation, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
            OLD.incarnation, NEW.position);
    RETURN NULL;
END $$;
ALTER FUNCTION begin_incarnation SET search_path FROM CURRENT;

CREATE TRIGGER begins AFTER UPDATE OF incarnation ON head
    FOR EACH ROW WHEN (OLD.incarnation <> NEW.incarnation)
    EXECUTE FUNCTION begin_incarnation();
-- A restore may switch ordinary triggers off; a history that begins is written down all the same.
ALTER TABLE head ENABLE ALWAYS TRIGGER begins;

DO $$
BEGIN
    EXECUTE format('GRANT SELECT ON %I.incarnation TO %I',
                   current_schema(), 'reel_' || current_schema() || '_service');
END $$;
