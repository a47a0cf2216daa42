CREATE TABLE deal (
    production uuid NOT NULL,
    contract   text NOT NULL,
    kind       text NOT NULL,
    title      text NOT NULL,
    party      text NOT NULL,
    name       text,
    version    int  NOT NULL,
    PRIMARY KEY (production, contract)
);
COMMENT ON COLUMN deal.name IS 'The party''s name, sealed.';

CREATE TABLE duty (
    production  uuid NOT NULL,
    contract    text NOT NULL,
    kind        text NOT NULL,
    id          text NOT NULL,
    owed_by     text NOT NULL,
    name        text NOT NULL,
    since       timestamptz NOT NULL,
    status      text NOT NULL,
    due_on      date,
    due_at      timestamptz,
    starts_on   date,
    upon        text,
    earned      boolean NOT NULL,
    handed_over date,
    amount      numeric,
    currency    text,
    note        text,
    PRIMARY KEY (production, contract, kind, id)
);
COMMENT ON COLUMN duty.amount IS 'In the units of its currency.';

CREATE TABLE paid (
    production uuid    NOT NULL,
    commitment text    NOT NULL,
    amount     numeric NOT NULL,
    PRIMARY KEY (production, commitment)
);
COMMENT ON TABLE paid IS 'Amounts in the currency units of the budget.';
