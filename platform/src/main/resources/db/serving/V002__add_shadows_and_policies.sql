-- JSON, as variants
alter table endpoint_revisions add column shadows ${text} not null default '[]';
-- JSON: what holds for all answers; what it lacks is the default
alter table endpoint_revisions add column policy ${text} not null default '{}';
-- JSON: the variant that is on its way up; {} for none
alter table endpoint_revisions add column canary ${text} not null default '{}';

-- what each server has measured of a revision with a canary, cumulative
create table endpoint_counts (
    endpoint ${text} not null,
    revision integer not null,
    process ${text} not null,
    -- JSON
    counts ${text} not null,
    updated_at bigint not null,
    primary key (endpoint, revision, process)
);
