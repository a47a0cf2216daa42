CREATE TABLE appointment (
    production uuid NOT NULL,
    person     text NOT NULL,
    role       text NOT NULL,
    name       text,
    starts     date,
    ends       date,
    PRIMARY KEY (production, person, role)
);
COMMENT ON COLUMN appointment.name IS 'Sealed.';

CREATE TABLE delegation (
    production uuid NOT NULL,
    delegator  text NOT NULL,
    delegate   text NOT NULL,
    kinds      text NOT NULL,
    starts     date NOT NULL,
    ends       date NOT NULL,
    PRIMARY KEY (production, delegator, delegate)
);

CREATE TABLE request (
    production   uuid NOT NULL,
    request      text NOT NULL,
    kind         text NOT NULL,
    name         text NOT NULL,
    version      int  NOT NULL,
    amount       numeric,
    requested_by text NOT NULL,
    rule         text NOT NULL,
    asked_at     timestamptz NOT NULL,
    step_since   timestamptz NOT NULL,
    due_on       date,
    step         int  NOT NULL,
    given        int  NOT NULL,
    agreed       text NOT NULL,
    consulted    text NOT NULL,
    fell_due     boolean NOT NULL,
    closed       boolean NOT NULL,
    PRIMARY KEY (production, request)
);
COMMENT ON COLUMN request.rule IS 'As JSON.';

CREATE TABLE deal (
    production uuid NOT NULL,
    contract   text NOT NULL,
    title      text NOT NULL,
    party      text NOT NULL,
    name       text,
    version    int  NOT NULL,
    stage      text NOT NULL,
    since      timestamptz,
    offered_by text,
    expires_at timestamptz,
    conditions text NOT NULL,
    met        text NOT NULL,
    reason     text,
    ended      boolean NOT NULL,
    PRIMARY KEY (production, contract)
);
COMMENT ON COLUMN deal.name IS 'The party''s name, sealed.';

CREATE TABLE matter (
    production uuid NOT NULL,
    contract   text NOT NULL,
    kind       text NOT NULL,
    id         text NOT NULL,
    what       text NOT NULL,
    since      timestamptz NOT NULL,
    open       boolean NOT NULL,
    PRIMARY KEY (production, contract, kind, id)
);

CREATE TABLE returned (
    production uuid NOT NULL,
    log        text NOT NULL,
    version    int  NOT NULL,
    reason     text NOT NULL,
    since      timestamptz NOT NULL,
    open       boolean NOT NULL,
    PRIMARY KEY (production, log)
);

CREATE TABLE overage (
    production uuid NOT NULL,
    overage    text NOT NULL,
    number     int  NOT NULL,
    reason     text NOT NULL,
    PRIMARY KEY (production, overage)
);

CREATE TABLE refusal (
    production uuid NOT NULL,
    log        text NOT NULL,
    event      text NOT NULL,
    cause      text NOT NULL,
    command    text NOT NULL,
    target     text NOT NULL,
    code       text NOT NULL,
    reason     text NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (production, log, event)
);
