-- What datasets must keep, and how each version kept it. A guarded dataset does not take in a version that breaks a rule
-- of the severity 'error'.
create table lake_rules (
    table_id ${text} not null,
    name ${text} not null,
    kind ${text} not null,
    severity ${text} not null,
    parameters ${text} not null,
    actor ${text} not null,
    changed_at bigint not null,
    primary key (table_id, name)
) ${clustered};

create table lake_guards (
    table_id ${text} not null primary key,
    actor ${text} not null,
    since bigint not null
) ${clustered};

create table lake_checks (
    table_id ${text} not null,
    snapshot_id bigint not null,
    results ${text} not null,
    checked_at bigint not null,
    primary key (table_id, snapshot_id)
) ${clustered};
