-- The trash is walked oldest first; what a collection has begun to take away (deleted above 1) lies in it too.
drop index runs_deleted;
create index runs_trash on runs (deleted_at, id) where deleted >= 1;
create index experiments_trash on experiments (deleted_at, id) where deleted_at is not null;
create index logged_models_trash on logged_models (updated_at, id) where deleted >= 1;
create index logged_models_experiment on logged_models (experiment, id);

-- Where the artifacts of what was taken away lay. What a late client still stores there is swept, unless the artifacts
-- were kept on purpose.
create table purged_artifacts (
    workspace ${text} not null,
    path ${text} not null,
    kept integer not null,
    primary key (workspace, path)
) ${clustered};
