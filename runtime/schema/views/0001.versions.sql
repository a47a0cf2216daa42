-- The versions that there are of the read models in this database, and which one readers read.

CREATE TABLE version (
    schema      text        PRIMARY KEY,
    projection  text        NOT NULL,
    code        int         NOT NULL,
    rebuild     int         NOT NULL,
    followed    boolean     NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    compared_at timestamptz,
    differences bigint,
    live_at     timestamptz,
    retired_at  timestamptz,
    UNIQUE (projection, code, rebuild)
);
COMMENT ON COLUMN version.code IS 'The number that the projection''s code gives its fold.';
COMMENT ON COLUMN version.rebuild IS 'Counts from 1 what was filled by the same code.';
COMMENT ON COLUMN version.followed IS 'Whether projectors feed it; not yet while a rebuild fills it.';
COMMENT ON COLUMN version.live_at IS 'When readers were first turned to it; null until then.';

CREATE TABLE live (
    projection text        PRIMARY KEY,
    schema     text        NOT NULL REFERENCES version,
    flipped_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE live IS 'The pointer: which version readers read. A flip changes one row.';
