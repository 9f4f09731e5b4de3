-- Views of the log: every row here can be computed again from it. Money is in ticks of 1e-10 dollar. Facts, allocations and claims
-- are only ever added, as differences dated by the position that caused them: the state at a position is the sum up to it, an edit of
-- history adds rows that take from one party and give to another, and nothing that was shown can change afterwards.
-- SCHEMA stands for the schema's name: `views`, or the shadow that a rebuild fills.
create schema SCHEMA;
comment on schema SCHEMA is 'VERSION';

-- How far the follower is, which event that was, and which filling of these tables this is.
create table SCHEMA.checkpoint (
    one int primary key check (one = 1),
    position bigint not null,
    chain bytea not null,
    at timestamptz,
    generation uuid not null
);

-- Agents, keys, missions, accounts, budgets and holds as they are at the checkpoint.
create table SCHEMA.directory (
    kind text not null,
    id text not null,
    doc jsonb not null,
    primary key (kind, id)
);

-- The finest thing the provider puts a price on. An empty key, model or unit is one that billing does not name.
create table SCHEMA.line (
    id bigint not null,
    account text not null,
    key text not null,
    model text not null,
    unit text not null,
    dimensions smallint not null,
    start timestamptz not null,
    seconds int not null,
    total bigint not null,
    missing_since timestamptz
) with (fillfactor = 85);

-- What the provider said, reading by reading.
create table SCHEMA.fact (
    line_id bigint not null,
    position bigint not null,
    total bigint not null,
    replaces bigint,
    evidence_start timestamptz not null,
    evidence_end timestamptz not null,
    answered timestamptz not null,
    late_seconds bigint
);

-- Who carries what. An empty mission is (idle); an empty agent too is (unassigned).
create table SCHEMA.allocation (
    position bigint not null,
    line_id bigint not null,
    mission text not null,
    agent text not null,
    method smallint not null,
    amount bigint not null,
    restated bigint not null,
    moved boolean not null,
    start timestamptz not null
);

-- Between which amounts a mission's part of a line must lie.
create table SCHEMA.claim (
    position bigint not null,
    line_id bigint not null,
    mission text not null,
    low bigint not null,
    high bigint not null
);

-- Allocations added up to days, at the checkpoint.
create table SCHEMA.spend_day (
    day date not null,
    account text not null,
    key text not null,
    model text not null,
    unit text not null,
    agent text not null,
    mission text not null,
    method smallint not null,
    billed bigint not null,
    restated bigint not null,
    primary key (day, account, key, model, unit, agent, mission, method)
) with (fillfactor = 85);

-- The same without key, model, unit and method: what people ask for most is answered from few rows.
create table SCHEMA.party_day (
    day date not null,
    account text not null,
    agent text not null,
    mission text not null,
    billed bigint not null,
    primary key (day, account, agent, mission)
) with (fillfactor = 85);

-- Claims added up, at the checkpoint.
create table SCHEMA.mission_bounds (
    mission text primary key,
    low bigint not null,
    high bigint not null
) with (fillfactor = 85);

-- Spend of each account, agent, key, model, unit and mission by bucket, at the checkpoint: what a budget's window costs is read from
-- these rows alone, whatever else there is. Kinds are those of a budget's scope. What billing or ownership names nobody for is left out.
create table SCHEMA.scope_spend (
    kind smallint not null,
    value text not null,
    start timestamptz not null,
    account text not null,
    billed bigint not null,
    primary key (kind, value, start, account)
) with (fillfactor = 85);

-- What the providers said of their prepaid money, dated; null is unknown.
create table SCHEMA.balance (
    account text not null,
    position bigint not null,
    answered timestamptz not null,
    credit bigint,
    used bigint,
    remaining bigint,
    primary key (account, position)
);

-- Alerts as they were raised, and what became of them. `until` is the end of the window they speak of, where they speak of one.
create table SCHEMA.alert (
    position bigint primary key,
    id text not null,
    key text not null,
    type text not null,
    kind text not null,
    severity text not null,
    scope text not null,
    budget text,
    at timestamptz not null,
    until timestamptz,
    data jsonb not null,
    recovered_at timestamptz,
    acked_at timestamptz,
    acked_by text
);
create index alert_by_key on SCHEMA.alert (key);
create index alert_by_id on SCHEMA.alert (id);
create index alert_by_scope on SCHEMA.alert (scope, kind);
create index alert_open on SCHEMA.alert (budget, kind) where recovered_at is null;

insert into SCHEMA.checkpoint values (1, 0, decode(repeat('00', 32), 'hex'), null, gen_random_uuid());

-- INDEXES: a rebuild fills the large tables first and makes these when they are needed, at the latest before it compares.
alter table SCHEMA.line add primary key (id);
alter table SCHEMA.fact add primary key (line_id, position);
alter table SCHEMA.allocation add primary key (position, line_id, mission, agent, method);
alter table SCHEMA.claim add primary key (position, line_id, mission);
create index line_by_key on SCHEMA.line (account, key, start);
create index line_by_start on SCHEMA.line (start);
create index line_missing on SCHEMA.line (account) where missing_since is not null;
create index allocation_by_line on SCHEMA.allocation (line_id);
create index allocation_by_mission on SCHEMA.allocation (mission, position) where mission <> '';
create index claim_by_mission on SCHEMA.claim (mission, position);
create index claim_by_line on SCHEMA.claim (line_id);
create index spend_day_by_mission on SCHEMA.spend_day (mission) where mission <> '';
