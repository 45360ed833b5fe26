-- Namespaces; one inside another has its name before its own, joined by a dot. Whoever makes a table in one changes the
-- row, so that on PostgreSQL it cannot be dropped at the same moment.
create table lake_namespaces (
    workspace ${text} not null,
    name ${text} not null,
    properties ${text} not null,
    created_at bigint not null,
    changed_at bigint not null,
    primary key (workspace, name)
) ${clustered};

-- For each table the location of its current metadata file, which a commit replaces if it is still the one the commit
-- was made on. What follows it up to search is read out of that file at each commit, so that lists need not open it;
-- search is what words are looked for in, in small letters. A dropped table keeps its row, and its files, until it is removed for good.
create table lake_tables (
    id ${text} not null primary key,
    workspace ${text} not null,
    namespace ${text} not null,
    name ${text} not null,
    location ${text} not null,
    metadata ${text} not null,
    main_snapshot bigint,
    comment ${text} not null,
    owners ${text} not null,
    tags ${text} not null,
    search ${text} not null,
    created_at bigint not null,
    changed_at bigint not null,
    dropped_at bigint
) ${clustered};
create unique index lake_tables_name on lake_tables (workspace, namespace, name) where dropped_at is null;
create unique index lake_tables_location on lake_tables (location);
create index lake_tables_dropped on lake_tables (dropped_at) where dropped_at is not null;

-- The columns of each table's current schema, also those inside others, for search and for what is known of them.
create table lake_columns (
    table_id ${text} not null,
    position integer not null,
    field_id integer not null,
    path ${text} not null,
    type ${text} not null,
    required integer not null,
    doc ${text} not null,
    unit ${text} not null,
    tags ${text} not null,
    search ${text} not null,
    primary key (table_id, position)
) ${clustered};

-- Each snapshot that any commit added, numbered in the order of commits. Numbers are never given twice.
create table lake_versions (
    table_id ${text} not null,
    number integer not null,
    snapshot_id bigint not null,
    parent_id bigint,
    branch ${text} not null,
    operation ${text} not null,
    schema_id integer not null,
    added_rows bigint not null,
    deleted_rows bigint not null,
    row_count bigint not null,
    size_bytes bigint not null,
    files bigint not null,
    message ${text} not null,
    committed_at bigint not null,
    actor ${text} not null,
    request_id ${text} not null,
    expired_at bigint,
    primary key (table_id, number)
) ${clustered};
create unique index lake_versions_snapshot on lake_versions (table_id, snapshot_id);
