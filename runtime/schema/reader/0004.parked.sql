-- Productions that stand still in one log, since a fact of theirs could not be folded. It waits, with
-- all that the log tells of them behind it, while everything else goes on; a place counts what waits
-- as passed.

CREATE TABLE parked (
    log        text        NOT NULL,
    partition  smallint    NOT NULL,
    production uuid        NOT NULL,
    position   bigint      NOT NULL,
    type       text        NOT NULL,
    reason     text        NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries      int         NOT NULL DEFAULT 1,
    asked_at   timestamptz,
    PRIMARY KEY (log, partition, production)
);
COMMENT ON COLUMN parked.position IS 'The first fact that is not folded; `type` is its type.';
COMMENT ON COLUMN parked.asked_at IS 'Since when it waits to be tried again, or to be taken further;
    null while it does not.';

ALTER TABLE place ADD COLUMN parkings bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN place.parkings IS 'How often it has changed what is parked here: who moves the
    place must know what is.';

-- What a room's policies had not answered when it was rewound, though its place had passed it.

CREATE TABLE unanswered (
    log         text     NOT NULL,
    partition   smallint NOT NULL,
    production  uuid     NOT NULL,
    incarnation uuid     NOT NULL,
    position    bigint   NOT NULL,
    PRIMARY KEY (log, partition, production)
);
COMMENT ON COLUMN unanswered.position IS 'The first of these facts; they end where `answered` does.';
