-- Who made a version: four eyes are never that person's.
alter table model_versions add column author ${text};

-- Every version of every policy; the one in force is current, none is once a policy was withdrawn.
create table promotion_policies (
    workspace ${text} not null,
    name ${text} not null,
    version bigint not null,
    current integer not null,
    document ${text} not null,
    sha256 ${text} not null,
    applied_by ${text} not null,
    applied_at bigint not null,
    primary key (workspace, name, version)
) ${clustered};
create unique index promotion_policies_current on promotion_policies (workspace, name) where current = 1;

create table promotions (
    id ${identity},
    workspace ${text} not null,
    model ${text} not null,
    version bigint not null,
    kind ${text} not null,
    from_stage ${text} not null,
    to_stage ${text} not null,
    -- empty when the stage governs none
    alias ${text} not null,
    policy ${text} not null,
    policy_version bigint not null,
    state ${text} not null,
    requester ${text} not null,
    author ${text} not null,
    reason ${text} not null,
    -- why it is in its state
    note ${text} not null,
    -- the version that held the alias when this was asked for; 0 for none
    holder bigint not null,
    evidence ${text},
    evidence_sha256 ${text},
    requested_at bigint not null,
    changed_at bigint not null,
    expires_at bigint not null,
    -- when the worker looks at it again, 0 at once; null when nothing is left to do
    due_at bigint,
    held_by ${text} not null,
    held_until bigint not null
);
create index promotions_workspace on promotions (workspace, id);
create index promotions_model on promotions (workspace, model, version, id);
create index promotions_state on promotions (workspace, state, id);
create index promotions_due on promotions (due_at) where due_at is not null;

create table promotion_decisions (
    promotion bigint not null,
    principal ${text} not null,
    verdict ${text} not null,
    message ${text} not null,
    decided_at bigint not null,
    primary key (promotion, principal)
) ${clustered};

create table promotion_history (
    promotion bigint not null,
    number integer not null,
    state ${text} not null,
    actor ${text} not null,
    note ${text} not null,
    changed_at bigint not null,
    primary key (promotion, number)
) ${clustered};

-- In which stage of its policy a version is; in the first one when it has no row.
create table promotion_stages (
    workspace ${text} not null,
    model ${text} not null,
    version bigint not null,
    stage ${text} not null,
    -- the stage to return to when another version takes the alias
    came_from ${text} not null,
    primary key (workspace, model, version)
) ${clustered};
