-- How many notifications went out by one way in the last hour is counted in the outbox itself.
create index ledger_outbox_sent on ledger_outbox (kind, position);

-- Alerts that were not told of one by one because there had been too many; the next notification says how many.
create table ledger_held_back (
    kind text not null,
    alert text not null,
    at timestamptz not null,
    primary key (kind, alert)
);
