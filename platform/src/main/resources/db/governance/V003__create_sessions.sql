-- What a browser's session was opened with: the id of a token, 'password' or 'identity-provider'; null for what is none.
alter table access_tokens add column opened_with ${text};
create index access_tokens_opened_with on access_tokens (opened_with) where ended_at is null;
