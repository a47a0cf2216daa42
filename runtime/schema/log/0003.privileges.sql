-- A service may append and read its log, and nothing else. The role is shared by the databases of
-- one server, so it may exist already.
DO $$
DECLARE
    _log     text := current_schema();
    _service text := 'reel_' || _log || '_service';
BEGIN
    BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', _service);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    BEGIN
        EXECUTE format('GRANT %I TO current_user', _service);
    EXCEPTION WHEN unique_violation OR invalid_grant_operation THEN NULL;
    END;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', _log, _service);
    EXECUTE format('GRANT SELECT ON %I.event, %I.head, %I.command TO %I',
                   _log, _log, _log, _service);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %I.append TO %I', _log, _service);
END $$;
