-- One row: lock, counter, previous hash and declared writer in one. Every writer takes it first, `for update`.
create table ledger_head (
    one boolean primary key default true check (one),
    position bigint not null check (position >= 0),
    chain bytea not null check (length(chain) = 32),
    writer text not null check (writer in ('ledger', 'marten'))
) with (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

insert into ledger_head (position, chain, writer) values (0, decode(repeat('00', 32), 'hex'), 'ledger');

-- The chain, and the event ids: mt_events can carry no unique index of ours. Null: the id was there before (written by Marten).
create table ledger_chain (
    seq_id bigint primary key,
    id uuid,
    hash bytea not null
);
create unique index ledger_chain_id on ledger_chain (id);

-- Earliest time in each full block of 1024 positions: finds the last position before a time without an index on mt_events.
create table ledger_time (
    block bigint primary key,
    earliest timestamptz not null
);

create table ledger_idem (
    key text primary key,
    body_hash bytea not null,
    first bigint not null,
    last bigint not null,
    answer text,
    at timestamptz not null default now()
);

-- Fencing tokens, for leases and claimed messages alike.
create sequence ledger_token;

create table ledger_lease (
    name text primary key,
    holder text,
    token bigint not null,
    until timestamptz not null
);

create table ledger_outbox (
    id uuid primary key,
    position bigint not null,
    kind text not null,
    body text not null,
    due_at timestamptz not null,
    at timestamptz not null default now(),
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
    attempt int not null default 0,
    token bigint,
    leased_until timestamptz,
    delivered_at timestamptz,
    reason text
);
create index ledger_outbox_due on ledger_outbox (due_at, position) where state = 'waiting';
create index ledger_outbox_dead on ledger_outbox (position) where state = 'dead';

-- Every declared switch of the writer. The one in force stands in ledger_head, under the lock.
create table ledger_engine (
    switch bigint generated always as identity primary key,
    writer text not null check (writer in ('ledger', 'marten')),
    position bigint not null,
    at timestamptz not null default clock_timestamp()
);
insert into ledger_engine (writer, position) values ('ledger', 0);

-- Positions that will never hold an event, found when another writer's appends were adopted.
create table ledger_gap (
    first bigint primary key,
    last bigint not null check (last >= first),
    reason text not null,
    at timestamptz not null default now()
);

-- A writer of ours has just updated the head row, so the row carries its transaction. Anybody else is refused while Ledger is
-- the declared writer. While Marten is, its transactions share the row, so that switching back waits for them to end.
create function ledger_guard_insert() returns trigger language plpgsql set search_path from current as $$
declare
    declared text;
    held boolean;
begin
    if current_setting('ledger.unguarded', true) = 'on' then
        return null;
    end if;
    select writer, xmin = pg_current_xact_id()::xid into declared, held from ledger_head;
    if declared = 'ledger' and held then
        return null;
    end if;
    if declared = 'marten' then
        select writer into declared from ledger_head for key share;
        if declared = 'marten' then
            return null;
        end if;
    end if;
    raise exception 'mt_events is written by Ledger alone: this transaction does not hold ledger_head'
        using errcode = 'object_not_in_prerequisite_state', hint = 'Declare a switch of the writer first.';
end $$;

create function ledger_guard_change() returns trigger language plpgsql set search_path from current as $$
begin
    if current_setting('ledger.unguarded', true) = 'on' then
        return null;
    end if;
    raise exception 'the log is append-only: % on % is refused', tg_op, tg_table_name
        using errcode = 'object_not_in_prerequisite_state';
end $$;

create trigger ledger_guard_insert before insert on mt_events for each statement execute function ledger_guard_insert();
create trigger ledger_guard_change before update or delete or truncate on mt_events for each statement execute function ledger_guard_change();
create trigger ledger_guard_change before update or delete or truncate on ledger_chain for each statement execute function ledger_guard_change();
