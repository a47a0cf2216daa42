CREATE TABLE budget (
    production     uuid PRIMARY KEY,
    currency       text NOT NULL,
    phase          text NOT NULL,
    version        int  NOT NULL,
    locked_version int
);

CREATE TABLE category (
    production uuid NOT NULL,
    category   text NOT NULL,
    name       text NOT NULL,
    level      text NOT NULL,
    PRIMARY KEY (production, category)
);

CREATE TABLE account (
    production     uuid    NOT NULL,
    account        text    NOT NULL,
    category       text,
    working        numeric NOT NULL,
    original       numeric NOT NULL,
    approved       numeric NOT NULL,
    committed      numeric NOT NULL,
    cost_to_date   numeric NOT NULL,
    estimate_basis text,
    estimate       numeric,
    PRIMARY KEY (production, account)
);
COMMENT ON TABLE account IS 'Amounts in the currency units of the budget.';

CREATE TABLE line (
    production  uuid    NOT NULL,
    line        text    NOT NULL,
    account     text    NOT NULL,
    category    text    NOT NULL,
    description text    NOT NULL,
    amount      numeric NOT NULL,
    unit        text    NOT NULL,
    x           numeric NOT NULL,
    rate        numeric NOT NULL,
    subtotal    numeric NOT NULL,
    removed     boolean NOT NULL,
    PRIMARY KEY (production, line)
);
