CREATE TABLE element (
    production    uuid    NOT NULL,
    element       text    NOT NULL,
    category      text    NOT NULL,
    name          text    NOT NULL,
    board_id      text    NOT NULL,
    is_cast       boolean NOT NULL,
    allow_hold    boolean NOT NULL,
    allow_drop    boolean NOT NULL,
    drop_days_min int     NOT NULL,
    PRIMARY KEY (production, element)
);

CREATE TABLE breakdown (
    production uuid NOT NULL,
    breakdown  text NOT NULL,
    eighths    int  NOT NULL,
    elements   text NOT NULL,
    PRIMARY KEY (production, breakdown)
);
COMMENT ON TABLE breakdown IS 'Lengths in whole eighths of a page.';

CREATE TABLE board (
    production uuid NOT NULL,
    board      text NOT NULL,
    days       text NOT NULL,
    calendar   text,
    PRIMARY KEY (production, board)
);

CREATE TABLE choice (
    production uuid PRIMARY KEY,
    board      text NOT NULL,
    calendar   text NOT NULL
);

CREATE TABLE shoot_day (
    production  uuid NOT NULL,
    day         int  NOT NULL,
    expected_on date,
    wrapped_on  date,
    breakdowns  text NOT NULL,
    PRIMARY KEY (production, day)
);
