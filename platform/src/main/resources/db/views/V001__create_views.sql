create table saved_views (
    id ${text} not null primary key,
    experiment bigint not null,
    owner ${text} not null,
    name ${text} not null,
    -- the query of the screen's address
    state ${text} not null,
    shared integer not null,
    pinned integer not null,
    created_at bigint not null,
    updated_at bigint not null,
    -- null unless it was deleted and may still be brought back
    deleted_at bigint
);
create unique index saved_views_name on saved_views (experiment, owner, name) where deleted_at is null;
create index saved_views_owner on saved_views (owner);
