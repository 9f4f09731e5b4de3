-- begun: an attempt of the present claim has begun, so a claim that runs out after it left no answer.
-- unknown: attempts that ended so, or that were reported so. since: from when on the message could have left.
-- parcel: what it last left as part of (several late alerts leave as one mail).
alter table ledger_outbox
    add column begun boolean not null default false,
    add column unknown int not null default 0,
    add column since timestamptz,
    add column parcel uuid;
update ledger_outbox set since = greatest(at, due_at);
alter table ledger_outbox alter column since set not null;

-- Each channel claims its own kind.
drop index ledger_outbox_due;
create index ledger_outbox_due on ledger_outbox (kind, due_at, position) where state = 'waiting';
create index ledger_outbox_since on ledger_outbox (since) where state = 'waiting';

-- The database that messages left from last. A dump restored elsewhere finds another name here than its own: what waits in it may have
-- left after the dump was taken.
create table ledger_outbox_home (
    one boolean primary key default true check (one),
    database text not null
);
