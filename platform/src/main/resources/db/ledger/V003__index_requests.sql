-- For whoever asks what one request did. Sealed events only, as the others.
create index ledger_events_request on ledger_events (request_id, at) where block is not null;
