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
    production       uuid    NOT NULL,
    account          text    NOT NULL,
    category         text,
    working          numeric NOT NULL,
    original         numeric NOT NULL,
    approved         numeric NOT NULL,
    overage          numeric NOT NULL,
    committed        numeric NOT NULL,
    cost_to_date     numeric NOT NULL,
    estimate_basis   text,
    estimate         numeric,
    estimate_overage numeric NOT NULL,
    PRIMARY KEY (production, account)
);
COMMENT ON TABLE account IS 'Amounts in the currency units of the budget.';
COMMENT ON COLUMN account.overage IS 'the part of approved that was approved since the last lock';
COMMENT ON COLUMN account.estimate_overage IS 'what overage was when the estimate was set';

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

CREATE TABLE overage (
    production uuid    NOT NULL,
    overage    text    NOT NULL,
    amount     numeric NOT NULL,
    state      text    NOT NULL,
    number     int,
    cause      text,
    approved   numeric,
    efc        numeric,
    reason     text,
    request    text,
    refused_by text,
    refusal    text,
    PRIMARY KEY (production, overage)
);

CREATE TABLE overage_account (
    production uuid    NOT NULL,
    overage    text    NOT NULL,
    account    text    NOT NULL,
    total      numeric NOT NULL,
    PRIMARY KEY (production, overage, account)
);

CREATE TABLE hot_base (
    production       uuid    PRIMARY KEY,
    schedule_version int     NOT NULL,
    budget_version   int     NOT NULL,
    total            numeric NOT NULL
);

CREATE TABLE hot_day (
    production       uuid    NOT NULL,
    schedule_version int     NOT NULL,
    budget_version   int     NOT NULL,
    day              int     NOT NULL,
    shot_on          date    NOT NULL,
    eighths          int     NOT NULL,
    budgeted         numeric NOT NULL,
    PRIMARY KEY (production, schedule_version, budget_version, day)
);

CREATE TABLE day_cost (
    production  uuid    NOT NULL,
    account     text    NOT NULL,
    incurred_on date    NOT NULL,
    amount      numeric NOT NULL,
    PRIMARY KEY (production, account, incurred_on)
);
COMMENT ON TABLE day_cost IS 'What was posted less what was reversed, by the day of the cost.';
