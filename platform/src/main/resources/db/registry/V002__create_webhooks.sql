create table webhooks (
    id ${text} not null primary key,
    workspace ${text} not null,
    name ${text} not null,
    description ${text},
    url ${text} not null,
    -- entity.action, separated by blanks
    events ${text} not null,
    -- encrypted
    secret ${bytes},
    status integer not null,
    created_at bigint not null,
    updated_at bigint not null,
    -- 1 once the feed has passed the event of its creation: what stands before it in the ledger is not told
    started integer not null,
    -- when its oldest waiting delivery may be sent; null while none waits
    due_at bigint,
    -- which process sends for it now
    holder ${text} not null,
    held_until bigint not null
);
create index webhooks_listed on webhooks (workspace, created_at desc, id);
create index webhooks_due on webhooks (due_at) where due_at is not null;

-- One row for each event and each webhook that wants it. Those of one webhook are sent in the order of seq.
create table webhook_deliveries (
    seq ${identity},
    id ${text} not null,
    webhook ${text} not null,
    event ${text} not null,
    what ${text} not null,
    body ${text} not null,
    state ${text} not null,
    attempts integer not null,
    tries_left integer not null,
    created_at bigint not null,
    -- when it may be sent; null unless it waits
    next_at bigint,
    ended_at bigint
);
create unique index webhook_deliveries_once on webhook_deliveries (webhook, event);
create unique index webhook_deliveries_id on webhook_deliveries (id);
create index webhook_deliveries_listed on webhook_deliveries (webhook, seq);
create index webhook_deliveries_waiting on webhook_deliveries (webhook, seq) where next_at is not null;
create index webhook_deliveries_ended on webhook_deliveries (ended_at) where ended_at is not null;

create table webhook_attempts (
    delivery bigint not null,
    number integer not null,
    at bigint not null,
    millis bigint not null,
    status integer,
    answer ${text} not null,
    error ${text} not null,
    primary key (delivery, number)
) ${clustered};

-- There were no webhooks before, so their feed begins with what comes now.
insert into ledger_cursors (subscriber, block, position, holder, held_until)
    select 'webhooks', block, 2147483647, '', 0 from ledger_head;
