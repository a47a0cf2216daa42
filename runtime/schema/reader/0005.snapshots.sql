-- States of streams as a service had folded them, so that a long one need not be folded again. They
-- can be emptied at any time: the log is the truth, and none of them is believed against it. A read
-- model has no streams, and asks nothing of this.

CREATE TABLE snapshot (
    stream   text        PRIMARY KEY,
    version  int         NOT NULL,
    hash     bytea       NOT NULL,
    fold     text        NOT NULL,
    state    bytea       NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN snapshot.hash IS 'Of the event of that version; the log must have it there.';
COMMENT ON COLUMN snapshot.fold IS 'Which code folded; another one folds for itself.';

CREATE TABLE snapshot_page (
    stream text  NOT NULL REFERENCES snapshot ON DELETE CASCADE,
    digest bytea NOT NULL,
    body   bytea NOT NULL,
    PRIMARY KEY (stream, digest)
);
-- They do not compress well, and are read one by one.
ALTER TABLE snapshot_page ALTER COLUMN body SET STORAGE EXTERNAL;
