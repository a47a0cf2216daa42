-- What falls due in a service: a fold of its own log, moved with the place of that log. Beside it,
-- how far its database's clock was last seen to be, which is no fold and outlives a rewind.

CREATE TABLE timer (
    production     uuid        NOT NULL,
    key            text        NOT NULL,
    due_at         timestamptz NOT NULL,
    partition      smallint    NOT NULL,
    command        text        NOT NULL,
    body           json        NOT NULL,
    cause          uuid        NOT NULL,
    actor          text        NOT NULL,
    correlation    text        NOT NULL,
    hops           int         NOT NULL,
    recorded_at_us bigint      NOT NULL,
    PRIMARY KEY (production, key)
);
CREATE INDEX timer_due ON timer (due_at);
COMMENT ON COLUMN timer.cause IS 'The fact that set it, of whom the columns behind it tell.';

CREATE TABLE clock (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    seen_at     timestamptz NOT NULL,
    halted      text,
    accepted_at timestamptz
);
COMMENT ON COLUMN clock.halted IS 'Why no timer fires; null while they do.';
