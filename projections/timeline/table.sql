CREATE TABLE schedule (
    production       uuid NOT NULL,
    version          int  NOT NULL,
    phase            text NOT NULL,
    locked_version   int,
    board            text,
    calendar         text,
    behind_threshold int,
    PRIMARY KEY (production)
);

CREATE TABLE milestone (
    production uuid NOT NULL,
    milestone  text NOT NULL,
    kind       text NOT NULL,
    name       text NOT NULL,
    falls_on   date NOT NULL,
    territory  text,
    links      text NOT NULL,
    baseline   date,
    reached_on date,
    reason     text,
    cause      text,
    PRIMARY KEY (production, milestone)
);

CREATE TABLE task (
    production         uuid NOT NULL,
    task               text NOT NULL,
    kind               text NOT NULL,
    name               text NOT NULL,
    starts_on          date,
    days               int  NOT NULL,
    links              text NOT NULL,
    baseline_starts_on date,
    baseline_days      int,
    finished_on        date,
    reason             text,
    cause              text,
    PRIMARY KEY (production, task)
);

CREATE TABLE shoot_day (
    production      uuid    NOT NULL,
    day             int     NOT NULL,
    baseline        date,
    planned_for     date,
    eighths_planned int     NOT NULL,
    eighths_shot    int,
    wrapped_on      date,
    fell_behind     boolean NOT NULL,
    reason          text,
    cause           text,
    PRIMARY KEY (production, day)
);

CREATE TABLE deal (
    production uuid    NOT NULL,
    contract   text    NOT NULL,
    title      text    NOT NULL,
    kind       text    NOT NULL,
    phase      text    NOT NULL,
    signed     boolean NOT NULL,
    PRIMARY KEY (production, contract)
);

CREATE TABLE engagement (
    production         uuid    NOT NULL,
    contract           text    NOT NULL,
    role               text    NOT NULL,
    starts_on          date    NOT NULL,
    ends_on            date    NOT NULL,
    firm               boolean NOT NULL,
    element            text,
    baseline_starts_on date,
    baseline_ends_on   date,
    cause              text,
    gone               boolean NOT NULL,
    PRIMARY KEY (production, contract)
);

CREATE TABLE payment (
    production uuid    NOT NULL,
    contract   text    NOT NULL,
    payment    text    NOT NULL,
    amount     numeric NOT NULL,
    currency   text,
    due_on     date,
    upon       text,
    earned     boolean NOT NULL,
    released   boolean NOT NULL,
    baseline   date,
    cause      text,
    gone       boolean NOT NULL,
    PRIMARY KEY (production, contract, payment)
);

CREATE TABLE option_window (
    production   uuid    NOT NULL,
    contract     text    NOT NULL,
    option       text    NOT NULL,
    right_to     text    NOT NULL,
    exercise_by  date    NOT NULL,
    price        numeric NOT NULL,
    needed_by    text,
    exercised_on date,
    lapsed       boolean NOT NULL,
    baseline     date,
    cause        text,
    gone         boolean NOT NULL,
    PRIMARY KEY (production, contract, option)
);

CREATE TABLE release_window (
    production         uuid    NOT NULL,
    contract           text    NOT NULL,
    release            text    NOT NULL,
    territory          text    NOT NULL,
    medium             text    NOT NULL,
    opens_on           date    NOT NULL,
    closes_on          date,
    exclusive          boolean NOT NULL,
    baseline_opens_on  date,
    baseline_closes_on date,
    cause              text,
    gone               boolean NOT NULL,
    PRIMARY KEY (production, contract, release)
);

CREATE TABLE deliverable (
    production  uuid    NOT NULL,
    contract    text    NOT NULL,
    deliverable text    NOT NULL,
    name        text    NOT NULL,
    due_on      date,
    status      text    NOT NULL,
    received_on date,
    accepted_on date,
    baseline    date,
    reason      text,
    cause       text,
    gone        boolean NOT NULL,
    PRIMARY KEY (production, contract, deliverable)
);

CREATE TABLE conflict (
    production uuid    NOT NULL,
    contract   text    NOT NULL,
    conflict   text    NOT NULL,
    problem    text    NOT NULL,
    cause      text    NOT NULL,
    days       text    NOT NULL,
    resolved   boolean NOT NULL,
    PRIMARY KEY (production, contract, conflict)
);

CREATE TABLE approval (
    production      uuid    NOT NULL,
    request         text    NOT NULL,
    subject_kind    text    NOT NULL,
    subject_name    text    NOT NULL,
    subject_version int     NOT NULL,
    due_on          date,
    asked_on        date,
    status          text    NOT NULL,
    decided_on      date,
    fell_due        boolean NOT NULL,
    reason          text,
    PRIMARY KEY (production, request)
);

CREATE TABLE screening (
    production         uuid    NOT NULL,
    screening          text    NOT NULL,
    cut_name           text    NOT NULL,
    cut_version        int     NOT NULL,
    held_on            date,
    place              text,
    audience           int,
    answers            int,
    top_two_box        numeric,
    definite_recommend numeric,
    margin             numeric,
    decision           text,
    reason             text,
    PRIMARY KEY (production, screening)
);

CREATE TABLE overage (
    production uuid    NOT NULL,
    overage    text    NOT NULL,
    amount     numeric NOT NULL,
    number     int     NOT NULL,
    cause      text    NOT NULL,
    status     text    NOT NULL,
    reason     text,
    PRIMARY KEY (production, overage)
);
COMMENT ON TABLE payment IS 'Amounts in the currency units of the deal.';
COMMENT ON TABLE overage IS 'Amounts in the currency units of the production.';
COMMENT ON TABLE shoot_day IS 'Lengths in whole eighths of a page.';
