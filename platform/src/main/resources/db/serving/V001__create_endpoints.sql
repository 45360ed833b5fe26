create table endpoints (
    id ${text} not null primary key,
    workspace ${text} not null,
    name ${text} not null,
    -- the one that answers now
    revision integer not null,
    created_at bigint not null
);
create unique index endpoints_name on endpoints (workspace, name);

-- never changed
create table endpoint_revisions (
    endpoint ${text} not null,
    number integer not null,
    -- JSON: name, model, version and weight of each
    variants ${text} not null,
    sticky ${text} not null,
    created_at bigint not null,
    created_by ${text} not null,
    primary key (endpoint, number)
);
