-- What keeps versions from being removed, beside tags and branches, which Iceberg keeps itself. The snapshot 0, which
-- no snapshot has, stands for all of the dataset. Who pins and who removes change the table's row first, so one of them
-- sees the other.
create table lake_pins (
    table_id ${text} not null,
    snapshot_id bigint not null,
    kind ${text} not null,
    holder ${text} not null,
    reason ${text} not null,
    actor ${text} not null,
    created_at bigint not null,
    primary key (table_id, snapshot_id, kind, holder)
) ${clustered};
