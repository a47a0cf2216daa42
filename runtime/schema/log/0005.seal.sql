-- A moment of the past as a position: what stood in the log at that time, and what stood in it no
-- more can come. The head's time moves up to the moment, so that everything recorded later is
-- recorded after it; an answer as of that moment is the same whenever it is asked.

CREATE FUNCTION seal(_moment bigint, OUT incarnation uuid, OUT "position" bigint)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    _head  record;
    _first bigint := 0;
    _last  bigint;
    _mid   bigint;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'seal needs READ COMMITTED';
    END IF;
    SELECT * INTO STRICT _head FROM head;
    IF _head.recorded_at < _moment THEN
        -- Clocks of several databases may differ a little; nobody may close the future.
        IF _moment > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 60000000 THEN
            RAISE EXCEPTION 'a moment in the future cannot be sealed' USING ERRCODE = '22023';
        END IF;
        PERFORM pg_advisory_xact_lock(hashtextextended('reel.append.' || current_schema(), 0));
        UPDATE head SET recorded_at = greatest(recorded_at, _moment) RETURNING * INTO STRICT _head;
    END IF;
    incarnation := _head.incarnation;
    -- Positions have no gaps and times rise with them: the last one that is not later.
    _last := _head.position;
    WHILE _first < _last LOOP
        _mid := (_first + _last + 1) / 2;
        IF (SELECT e.recorded_at FROM event e WHERE e.position = _mid) <= _moment THEN
            _first := _mid;
        ELSE
            _last := _mid - 1;
        END IF;
    END LOOP;
    "position" := _first;
END $$;

ALTER FUNCTION seal SET search_path FROM CURRENT;
REVOKE ALL ON FUNCTION seal FROM PUBLIC;
DO $$
BEGIN
    EXECUTE format('GRANT EXECUTE ON FUNCTION %I.seal TO %I', current_schema(),
                   'reel_' || current_schema() || '_service');
END $$;
