create table experiments (
    id ${identity},
    workspace ${text} not null,
    name ${text} not null,
    artifact_location ${text} not null,
    deleted_at bigint,
    created_at bigint not null,
    updated_at bigint not null
);
create unique index experiments_name on experiments (workspace, name);
create index experiments_created on experiments (workspace, created_at, id);

create table experiment_tags (
    experiment bigint not null,
    key ${text} not null,
    value ${text} not null,
    primary key (experiment, key)
) ${clustered};

-- no is the small key that every other table of a run carries; id is what clients see.
create table runs (
    no ${identity},
    id ${text} not null,
    workspace ${text} not null,
    experiment bigint not null,
    name ${text} not null,
    user_id ${text} not null,
    status integer not null,
    start_time bigint not null,
    end_time bigint,
    deleted integer not null,
    deleted_at bigint,
    artifact_uri ${text} not null
);
create unique index runs_id on runs (id);
create index runs_start on runs (experiment, deleted, start_time desc, id);
create index runs_deleted on runs (deleted_at) where deleted = 1;

create table run_params (
    run bigint not null,
    key ${text} not null,
    value ${text} not null,
    experiment bigint not null,
    primary key (run, key)
) ${clustered};
-- PostgreSQL's index entries are bounded, values are not: the first 100 characters find nearly everything.
create index run_params_value on run_params (experiment, key, substr(value, 1, 100), run);

create table run_tags (
    run bigint not null,
    key ${text} not null,
    value ${text} not null,
    experiment bigint not null,
    primary key (run, key)
) ${clustered};
create index run_tags_value on run_tags (experiment, key, substr(value, 1, 100), run);

-- One row for each key of a run, with its latest point: searches never touch the history.
create table metric_series (
    id ${identity},
    run bigint not null,
    experiment bigint not null,
    key ${text} not null,
    step bigint not null,
    at bigint not null,
    value ${double} not null,
    is_nan integer not null
);
create unique index metric_series_key on metric_series (run, key);
create index metric_series_value on metric_series (experiment, key, is_nan, value, run);

-- The history, clustered in the order in which it is read.
create table metric_points (
    series bigint not null,
    at bigint not null,
    step bigint not null,
    value ${double} not null,
    is_nan integer not null,
    primary key (series, at, step, value, is_nan)
) ${clustered};

create table datasets (
    id ${identity},
    experiment bigint not null,
    name ${text} not null,
    digest ${text} not null,
    source_type ${text} not null,
    source ${text} not null,
    schema ${text},
    profile ${text}
);
create unique index datasets_digest on datasets (experiment, name, digest);

create table run_datasets (
    run bigint not null,
    dataset bigint not null,
    ordinal integer not null,
    primary key (run, dataset)
) ${clustered};
create index run_datasets_dataset on run_datasets (dataset, run);

create table run_dataset_tags (
    run bigint not null,
    dataset bigint not null,
    key ${text} not null,
    value ${text} not null,
    primary key (run, dataset, key)
) ${clustered};

create table run_models (
    id ${identity},
    run bigint not null,
    model ${text} not null,
    is_output integer not null,
    step bigint not null
);
create unique index run_models_model on run_models (run, is_output, model);

create table logged_models (
    id ${text} not null primary key,
    workspace ${text} not null,
    experiment bigint not null,
    name ${text} not null,
    model_type ${text},
    source_run ${text},
    status integer not null,
    status_message ${text},
    artifact_uri ${text} not null,
    created_at bigint not null,
    updated_at bigint not null,
    deleted integer not null
);
create index logged_models_created on logged_models (experiment, deleted, created_at desc, id);

create table logged_model_tags (
    model ${text} not null,
    key ${text} not null,
    value ${text} not null,
    primary key (model, key)
) ${clustered};

create table logged_model_params (
    model ${text} not null,
    key ${text} not null,
    value ${text} not null,
    primary key (model, key)
) ${clustered};

create table logged_model_metrics (
    model ${text} not null,
    key ${text} not null,
    at bigint not null,
    step bigint not null,
    run ${text} not null,
    value ${double} not null,
    is_nan integer not null,
    dataset_name ${text},
    dataset_digest ${text},
    primary key (model, key, at, step, run)
) ${clustered};
create index logged_model_metrics_key on logged_model_metrics (key, value, model);
