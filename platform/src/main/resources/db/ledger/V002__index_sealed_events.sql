-- For whoever asks who did what, to what, and when. Sealed events only: so an event that is written touches no index
-- but the one of those that wait, and the sealer fills these for hundreds of events at a time.
drop index ledger_events_entity;
create index ledger_events_entity on ledger_events (entity, seq) where block is not null;
create index ledger_events_at on ledger_events (at) where block is not null;
create index ledger_events_actor on ledger_events (actor, at) where block is not null;
create index ledger_events_type on ledger_events (type, at) where block is not null;
