-- What came from elsewhere, and how far: a second import of the same source skips what is finished and unchanged.
create table tracking_imports (
    source ${text} not null,
    entity ${text} not null,
    id ${text} not null,
    local_id ${text} not null,
    fingerprint ${text} not null,
    finished integer not null,
    with_artifacts integer not null,
    at bigint not null,
    primary key (source, entity, id)
) ${clustered};
