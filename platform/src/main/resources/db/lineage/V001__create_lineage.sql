-- What stands in the graph. A thing that was deleted keeps its node, with gone_at; one that takes its name later gets
-- another. gone_at is 0 for what is there.
create table lineage_nodes (
    id ${identity},
    workspace ${text} not null,
    urn ${text} not null,
    kind integer not null,
    -- whose rights it takes, as in experiment:7; empty where its URN tells
    parent ${text} not null,
    first_seen bigint not null,
    gone_at bigint not null
);
create unique index lineage_nodes_urn on lineage_nodes (workspace, urn, gone_at);

-- Who said so, under which request.
create table lineage_reports (
    id ${identity},
    workspace ${text} not null,
    request_id ${text} not null,
    actor ${text} not null,
    source ${text} not null,
    at bigint not null
);

-- From what something was made to what was made of it. term is 0, or the time at which an edge began that may end
-- and begin again; ended_at is 0 for one that holds. The kinds of both ends stand here, so that a walk of a million
-- edges need not look at nodes.
create table lineage_edges (
    source bigint not null,
    target bigint not null,
    kind integer not null,
    term bigint not null,
    source_kind integer not null,
    target_kind integer not null,
    first_seen bigint not null,
    last_seen bigint not null,
    ended_at bigint not null,
    report bigint not null,
    detail ${text},
    primary key (source, target, kind, term)
) ${clustered};
create index lineage_edges_target on lineage_edges (target, source, ended_at, source_kind);

-- The ledger's events of the batch that was read last, so that none counts twice when it is read again.
create table lineage_read (
    event ${text} not null primary key
);
