-- How far the watch has looked: one row. Losing it costs a look at everything, no alert: what was told is in the log.
create table ledger_watch (
    one int primary key check (one = 1),
    position bigint not null,
    token bigint not null,
    at timestamptz not null
);
