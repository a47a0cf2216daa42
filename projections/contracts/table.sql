CREATE TABLE deal (
    production       uuid NOT NULL,
    contract         text NOT NULL,
    kind             text NOT NULL,
    title            text NOT NULL,
    party            text NOT NULL,
    name             text,
    version          int  NOT NULL,
    stage            text NOT NULL,
    since            timestamptz,
    offered_by       text,
    expires_at       timestamptz,
    clearance        text,
    request          text,
    document_hash    text,
    executed_version int,
    executed_on      date,
    ended            text,
    ended_on         date,
    reason           text,
    PRIMARY KEY (production, contract)
);
COMMENT ON COLUMN deal.name IS 'The party''s name, sealed.';

CREATE TABLE version (
    production uuid NOT NULL,
    contract   text NOT NULL,
    version    int  NOT NULL,
    terms      text NOT NULL,
    put_by     text NOT NULL,
    put_at     timestamptz NOT NULL,
    PRIMARY KEY (production, contract, version)
);
COMMENT ON COLUMN version.terms IS 'As JSON.';

CREATE TABLE move (
    production uuid NOT NULL,
    contract   text NOT NULL,
    number     int  NOT NULL,
    what       text NOT NULL,
    version    int,
    side       text,
    at         timestamptz NOT NULL,
    until      timestamptz,
    note       text,
    PRIMARY KEY (production, contract, number)
);

CREATE TABLE standing (
    production uuid NOT NULL,
    contract   text NOT NULL,
    part       text NOT NULL,
    id         text NOT NULL,
    status     text NOT NULL,
    on_day     date,
    until      date,
    amount     numeric,
    note       text,
    PRIMARY KEY (production, contract, part, id)
);

CREATE TABLE commitment (
    production uuid    NOT NULL,
    commitment text    NOT NULL,
    amount     numeric NOT NULL,
    released   numeric NOT NULL,
    paid       numeric NOT NULL,
    PRIMARY KEY (production, commitment)
);
COMMENT ON TABLE commitment IS 'Amounts in the currency units of the budget.';
