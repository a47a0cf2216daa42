-- The only way into the log. One call takes a batch of commands and answers each of them.
--
-- The order is the contract: the lock first, so that every later statement sees what the lock's
-- last holder wrote (READ COMMITTED); then repeats, expected versions, positions, hashes, insert.

CREATE FUNCTION append(
    -- one entry a command, sorted by production
    _command_id   uuid[],   _fingerprint bytea[], _production  uuid[],  _murmur2   bigint[],
    _stream       text[],   _expected    int[],   _actor       text[],  _correlation text[],
    _causation    uuid[],   _hops        int[],   _caused_at   bigint[], _events   int[],
    _outcome      text[],
    -- one entry an event, in the order of their commands
    _event_id     uuid[],   _type        text[],  _schema_version int[], _payload  text[],
    _effective_at bigint[],
    -- one entry a command
    OUT outcomes text[], OUT first_positions bigint[], OUT before bigint[], OUT versions int[],
    OUT times bigint[], OUT partitions int[],
    -- one entry an event; null where its command was not recorded
    OUT hashes bytea[],
    OUT incarnation uuid
) LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    _log       text := current_schema();
    _head      record;
    _heads     bigint[];
    _position  bigint;
    _time      bigint;
    _one       record;
    _chain     bytea;
    _chain_of  uuid;
    _version   int;
    _partition int;
    _event     int := 0;
    _kept      boolean := false;
    -- one entry an event
    _positions bigint[] := array_fill(null::bigint, ARRAY[cardinality(_event_id)]);
    _previous  bigint[] := _positions;
    _times     bigint[] := _positions;
    _versions  int[]    := array_fill(null::int, ARRAY[cardinality(_event_id)]);
    _commands  int[]    := _versions;
    _ordinals  int[]    := _versions;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'append needs READ COMMITTED';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('reel.append.' || _log, 0));

    SELECT * INTO STRICT _head FROM head;
    _heads := _head.partitions;
    _position := _head.position;
    _time := greatest((extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 1,
                      _head.recorded_at);
    incarnation := _head.incarnation;
    hashes := array_fill(null::bytea, ARRAY[cardinality(_event_id)]);

    FOR _one IN
        SELECT c.n, c.id, c.fingerprint, c.production, c.murmur2, c.expected, c.caused_at, c.events,
            -- The stream's last version. A scan that ends at the expected one reads one entry,
            -- not a page of them; it finds nothing where the stream is new or shorter than that.
            coalesce((SELECT e.version FROM event e
                      WHERE e.stream = c.stream AND e.version >= c.expected
                      ORDER BY e.version DESC LIMIT 1),
                     (SELECT e.version FROM event e WHERE e.stream = c.stream
                      ORDER BY e.version DESC LIMIT 1), 0) AS version,
            coalesce((SELECT e.fingerprint FROM event e
                      WHERE e.command_id = c.id AND e.ordinal = 0),
                     (SELECT k.fingerprint FROM command k WHERE k.id = c.id)) AS repeated,
            -- At a production's first command only: the loop carries it on from there.
            CASE WHEN _production[c.n::int - 1] IS DISTINCT FROM c.production THEN
                (SELECT e.hash FROM event e WHERE e.production = c.production
                 ORDER BY e.position DESC LIMIT 1) END AS chain
        FROM unnest(_command_id, _fingerprint, _production, _murmur2, _stream, _expected,
                    _caused_at, _events)
            WITH ORDINALITY AS c (id, fingerprint, production, murmur2, stream, expected,
                                  caused_at, events, n)
        ORDER BY c.n
    LOOP
        IF _chain_of IS DISTINCT FROM _one.production THEN
            _chain := coalesce(_one.chain, decode(repeat('00', 32), 'hex'));
            _chain_of := _one.production;
        END IF;
        _partition := _one.murmur2 % cardinality(_heads);
        first_positions[_one.n] := 0;
        before[_one.n] := _heads[_partition + 1];
        times[_one.n] := 0;
        versions[_one.n] := _one.version;
        partitions[_one.n] := _partition;
        IF _one.repeated IS NOT NULL THEN
            outcomes[_one.n] := CASE WHEN _one.repeated = _one.fingerprint
                                     THEN 'repeat' ELSE 'mismatch' END;
            _event := _event + _one.events;
        ELSIF _one.version <> _one.expected THEN
            outcomes[_one.n] := 'conflict';
            _event := _event + _one.events;
        ELSIF _one.events = 0 THEN
            outcomes[_one.n] := 'nothing';
            times[_one.n] := _time;
            _kept := true;
        ELSE
            outcomes[_one.n] := 'recorded';
            _time := greatest(_time, _one.caused_at);
            _version := _one.version;
            first_positions[_one.n] := _position + 1;
            times[_one.n] := _time + 1;
            FOR _ordinal IN 0 .. _one.events - 1 LOOP
                _event := _event + 1;
                _position := _position + 1;
                _version := _version + 1;
                _time := _time + 1;
                -- The binary form of an array, behind its header of 20 bytes, is each field behind
                -- its length, and the length 0xffffffff for a missing one: the hash's layout.
                _chain := sha256('\x01'::bytea || substr(array_send(ARRAY[
                    convert_to(_log, 'UTF8'),
                    convert_to(_one.production::text, 'UTF8'),
                    convert_to(_stream[_one.n], 'UTF8'),
                    convert_to(_event_id[_event]::text, 'UTF8'),
                    int4send(_ordinal),
                    convert_to(_type[_event], 'UTF8'),
                    int4send(_schema_version[_event]),
                    convert_to(_payload[_event], 'UTF8'),
                    int8send(_effective_at[_event]),
                    convert_to(_actor[_one.n], 'UTF8'),
                    convert_to(_one.id::text, 'UTF8'),
                    convert_to(_correlation[_one.n], 'UTF8'),
                    convert_to(_causation[_one.n]::text, 'UTF8'),
                    int4send(_hops[_one.n]),
                    int4send(_version),
                    int8send(_position),
                    int8send(_time),
                    _chain]), 21));
                hashes[_event] := _chain;
                _commands[_event] := _one.n;
                _ordinals[_event] := _ordinal;
                _positions[_event] := _position;
                _previous[_event] := _heads[_partition + 1];
                _versions[_event] := _version;
                _times[_event] := _time;
                _heads[_partition + 1] := _position;
            END LOOP;
            versions[_one.n] := _version;
        END IF;
    END LOOP;

    IF _position > _head.position THEN
        INSERT INTO event
        SELECT e.position, _production[e.command], _stream[e.command], e.version,
               partitions[e.command], e.previous, e.id, e.ordinal, e.type, e.schema_version,
               e.payload::json, e.recorded_at, e.effective_at, _actor[e.command],
               _command_id[e.command], _correlation[e.command], _causation[e.command],
               _hops[e.command], e.hash,
               CASE WHEN e.ordinal = 0 THEN _fingerprint[e.command] END
        FROM unnest(_positions, _commands, _versions, _previous, _event_id, _ordinals, _type,
                    _schema_version, _payload, _times, _effective_at, hashes)
            AS e (position, command, version, previous, id, ordinal, type,
                  schema_version, payload, recorded_at, effective_at, hash)
        WHERE e.position IS NOT NULL;
        UPDATE head SET position = _position, recorded_at = _time, partitions = _heads;
    END IF;

    IF _kept THEN
        INSERT INTO command
        SELECT c.id, c.fingerprint, c.outcome::json, c.time
        FROM unnest(_command_id, _fingerprint, _outcome, times, outcomes)
            AS c (id, fingerprint, outcome, time, answer)
        WHERE c.answer = 'nothing';
    END IF;
END $$;

-- A fresh table has no statistics, and without them the planner would scan it once per command.
-- Nor does a plan depend on a batch: made once for a connection, it is good for every one.
ALTER FUNCTION append SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION append SET jit = off;
ALTER FUNCTION append SET enable_seqscan = off;
ALTER FUNCTION append SET enable_hashjoin = off;
ALTER FUNCTION append SET enable_mergejoin = off;
ALTER FUNCTION append SET search_path FROM CURRENT;

REVOKE ALL ON FUNCTION append FROM PUBLIC;
