-- Everything hangs on (workspace, name): a rename rewrites it, which also moves every version's time, as in MLflow.
create table registered_models (
    workspace ${text} not null,
    name ${text} not null,
    description ${text} not null,
    -- the number of the newest version ever made, so that none is used twice
    last_version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (workspace, name)
) ${clustered};
create index registered_models_updated on registered_models (workspace, updated_at, name);

create table registered_model_tags (
    workspace ${text} not null,
    model ${text} not null,
    key ${text} not null,
    value ${text} not null,
    primary key (workspace, model, key)
) ${clustered};

create table registered_model_aliases (
    workspace ${text} not null,
    model ${text} not null,
    alias ${text} not null,
    version bigint not null,
    primary key (workspace, model, alias)
) ${clustered};
create index registered_model_aliases_version on registered_model_aliases (workspace, model, version);

create table model_versions (
    workspace ${text} not null,
    model ${text} not null,
    number bigint not null,
    description ${text},
    stage integer not null,
    source ${text} not null,
    location ${text} not null,
    run ${text},
    run_link ${text} not null,
    logged_model ${text},
    created_at bigint not null,
    updated_at bigint not null,
    primary key (workspace, model, number)
) ${clustered};
create index model_versions_updated on model_versions (workspace, updated_at desc, model, number desc);
create index model_versions_created on model_versions (workspace, created_at, model, number desc);
create index model_versions_number on model_versions (workspace, number, model);
create index model_versions_stage on model_versions (workspace, model, stage, number);
create index model_versions_run on model_versions (workspace, run, updated_at desc, model, number desc);
create index model_versions_model on model_versions (workspace, model, updated_at desc, number desc);

create table model_version_tags (
    workspace ${text} not null,
    model ${text} not null,
    version bigint not null,
    key ${text} not null,
    value ${text} not null,
    primary key (workspace, model, version, key)
) ${clustered};
-- Searches leave out what is tagged as a prompt; of all tags, few are 'true'. SQLite takes this index because it holds all it asks for.
create index model_version_tags_true on model_version_tags (workspace, model, key, value) where value = 'true';
