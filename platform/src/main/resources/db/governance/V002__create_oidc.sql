-- Who the users are that an identity provider vouches for.
create table access_identities (
    issuer ${text} not null,
    subject ${text} not null,
    principal ${text} not null,
    primary key (issuer, subject)
) ${clustered};
create index access_identities_principal on access_identities (principal);

-- 1 when an identity provider said so, which may then also end it
alter table access_members add column by_provider integer not null default 0;

-- Logins that were begun at an identity provider; each is taken once, or expires.
create table access_logins (
    no ${identity},
    -- SHA-256 of the state, in URL-safe Base64
    state ${text} not null,
    -- the same of what the browser keeps in a cookie
    browser ${text} not null,
    nonce ${text} not null,
    verifier ${text} not null,
    redirect_uri ${text} not null,
    return_to ${text} not null,
    expires_at bigint not null
);
create unique index access_logins_state on access_logins (state);
create index access_logins_expiring on access_logins (expires_at);
