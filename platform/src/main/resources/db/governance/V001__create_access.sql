create table access_principals (
    no ${identity},
    name ${text} not null,
    -- 0 user, 1 service account
    kind integer not null,
    -- how a password is checked; null for who has none
    password ${text},
    created_at bigint not null
);
create unique index access_principals_name on access_principals (name);

create table access_groups (
    no ${identity},
    name ${text} not null,
    -- the one that MLflow's clients see it in, as a role; its grants may be anywhere
    workspace ${text} not null,
    description ${text} not null,
    created_at bigint not null
);
create unique index access_groups_name on access_groups (name);

create table access_members (
    group_name ${text} not null,
    member ${text} not null,
    primary key (group_name, member)
) ${clustered};
create index access_members_member on access_members (member, group_name);

create table access_tokens (
    no ${identity},
    id ${text} not null,
    owner ${text} not null,
    name ${text} not null,
    -- SHA-256 of the token, in hex
    digest ${text} not null,
    -- the role that caps it, or null
    scope ${text},
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    -- revoked or expired, for good
    ended_at bigint
);
create unique index access_tokens_digest on access_tokens (digest);
create unique index access_tokens_id on access_tokens (id);
create index access_tokens_owner on access_tokens (owner, no);
create index access_tokens_expiring on access_tokens (expires_at) where ended_at is null;

create table access_grants (
    no ${identity},
    -- 0 user, 1 service account, 2 group
    subject_kind integer not null,
    subject ${text} not null,
    workspace ${text} not null,
    entity ${text} not null,
    -- the role that is granted, or null
    role ${text},
    -- the right that is denied, or null
    denied ${text},
    created_at bigint not null
);
create index access_grants_subject on access_grants (subject, subject_kind, no);
create index access_grants_entity on access_grants (workspace, entity, no);

-- That something changed. Processes count these, so that none is missed whatever order they commit in.
create table access_changes (
    seq ${identity},
    at bigint not null
);
