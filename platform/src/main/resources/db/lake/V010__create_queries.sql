-- What people asked of the lake, and the versions that were read for it.
create table lake_queries (
    id ${text} not null primary key,
    workspace ${text} not null,
    actor ${text} not null,
    text ${text} not null,
    state ${text} not null,
    started_at bigint not null,
    elapsed_ms bigint not null,
    row_count bigint not null,
    byte_count bigint not null,
    error ${text} not null,
    versions ${text} not null
) ${clustered};

create index lake_queries_latest on lake_queries (workspace, started_at, id);

create table lake_saved_queries (
    workspace ${text} not null,
    name ${text} not null,
    text ${text} not null,
    description ${text} not null,
    owner ${text} not null,
    edition integer not null,
    updated_at bigint not null,
    primary key (workspace, name)
) ${clustered};
