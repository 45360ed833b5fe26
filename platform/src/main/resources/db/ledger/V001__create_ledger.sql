-- What happened, in the order it was written. A row gets its block and position when the sealer closes it.
create table ledger_events (
    seq ${identity},
    id ${text} not null,
    at bigint not null,
    actor ${text} not null,
    request_id ${text} not null,
    workspace ${text} not null,
    type ${text} not null,
    entity ${text} not null,
    payload ${text} not null,
    digest ${bytes} not null,
    block bigint,
    position integer
);
create index ledger_events_sealed on ledger_events (block, position);
create index ledger_events_unsealed on ledger_events (seq) where block is null;
create index ledger_events_entity on ledger_events (entity, seq);

-- One row per block: leaves are the leaf hashes of its events, one after the other, 32 bytes each. Blocks stay for good.
create table ledger_blocks (
    number bigint not null primary key,
    previous_hash ${bytes} not null,
    merkle_root ${bytes} not null,
    event_count integer not null,
    sealed_at bigint not null,
    hash ${bytes} not null,
    leaves ${bytes} not null,
    pruned_at bigint
);
create index ledger_blocks_kept on ledger_blocks (number) where pruned_at is null;

-- One row: the last block. Whoever seals or prunes locks it.
create table ledger_head (
    only_row integer not null primary key,
    block bigint not null,
    hash ${bytes},
    sealed_at bigint not null
);
insert into ledger_head (only_row, block, hash, sealed_at) values (1, 0, null, 0);

-- How far each subscriber has come: the last block and position it has finished.
create table ledger_cursors (
    subscriber ${text} not null primary key,
    block bigint not null,
    position integer not null,
    holder ${text} not null,
    held_until bigint not null
);
