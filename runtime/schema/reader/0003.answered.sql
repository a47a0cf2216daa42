-- How far a service's policies had answered when it was rewound, which is no fold and outlives a
-- rewind: what is folded again is not answered again. Until then its place says it. A read model
-- gives no commands, and asks nothing of this.

CREATE TABLE answered (
    log         text     NOT NULL,
    partition   smallint NOT NULL,
    incarnation uuid     NOT NULL,
    position    bigint   NOT NULL,
    PRIMARY KEY (log, partition)
);

CREATE TABLE answers (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    incarnation uuid NOT NULL
);
COMMENT ON COLUMN answers.incarnation IS 'Of the log that holds them; another one may lack them.';
