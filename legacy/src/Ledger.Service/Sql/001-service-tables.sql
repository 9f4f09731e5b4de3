-- What the service keeps outside the log: secrets that must be deletable, and where each source stands between two events.

-- Bearer tokens. Only the hash is kept: the token itself is shown once.
create table ledger_token_grant (
    id text primary key,
    name text not null,
    sha256 bytea not null unique check (length(sha256) = 32),
    scopes text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    used_at timestamptz,
    revoked_at timestamptz
);

-- Provider credentials: the secret under a key of its own, that key under the key file, which is not in the database.
create table ledger_credential (
    id text primary key,
    account text not null,
    provider text not null,
    version int not null,
    kek text not null,
    wrapped_key bytea not null,
    wrapped_nonce bytea not null check (length(wrapped_nonce) = 12),
    nonce bytea not null check (length(nonce) = 12),
    sealed bytea not null,
    fingerprint text not null,
    redacted text not null,
    stored_at timestamptz not null
);
create index ledger_credential_account on ledger_credential (account);

-- Which stretches of buckets were read completely, and when last: disjoint per account. Says only what is in the log.
create table ledger_coverage (
    account text not null,
    first timestamptz not null,
    "end" timestamptz not null check ("end" > first),
    asked timestamptz not null,
    answered timestamptz not null,
    primary key (account, first)
);

-- The heartbeat of a source.
create table ledger_source (
    account text primary key,
    asked timestamptz,
    answered timestamptz,
    attempted timestamptz,
    failures int not null default 0,
    failing text,
    detail text,
    next_due timestamptz,
    deep_at timestamptz,
    balance_at timestamptz,
    dimensions text
);
