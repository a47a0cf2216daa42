-- One key per person. Destroying the row erases what was sealed under it, everywhere.
CREATE TABLE person_key (
    person     text  PRIMARY KEY,
    key        bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN person_key.key IS 'Wrapped under the installation''s master key.';
