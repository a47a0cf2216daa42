-- What one log had made of a production's rows, so that a moment of the past need not be folded
-- from the beginning. They can be emptied at any time: none is believed against the log.

CREATE TABLE snapshot (
    projection  text   NOT NULL,
    production  uuid   NOT NULL,
    log         text   NOT NULL,
    position    bigint NOT NULL,
    incarnation uuid   NOT NULL,
    hash        bytea  NOT NULL,
    fold        text   NOT NULL,
    rows        bytea  NOT NULL,
    taken_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (projection, production, log, position)
);
COMMENT ON COLUMN snapshot.hash IS 'Of the event at that position; the log must have it there.';
COMMENT ON COLUMN snapshot.fold IS 'Which code folded; another one folds for itself.';
