-- What clients see: one row per file and one per directory (blob is null there). The key is in the order of a listing,
-- so a directory is one range and never touches what lies deeper.
create table artifacts (
    workspace ${text} not null,
    directory ${text} not null,
    name ${text} not null,
    blob ${text},
    size_bytes bigint not null,
    stored_at bigint not null,
    primary key (workspace, directory, name)
) ${clustered};
create index artifacts_blob on artifacts (blob) where blob is not null;

-- What lies in the store: each content once. A key is used once and never again, also after its content is gone: the
-- row stands before the content is placed and goes before the content goes. So content without a row is always rubbish.
-- An upload in hand claims the row until its own row in artifacts stands; claims of processes that died run out.
create table artifact_blobs (
    key ${text} not null primary key,
    sha256 ${text},
    etag ${text},
    size_bytes bigint not null,
    placed integer not null,
    claims integer not null,
    claimed_until bigint not null,
    created_at bigint not null
) ${clustered};
create unique index artifact_blobs_sha256 on artifact_blobs (sha256);

-- Multipart uploads (kind parts, direct-parts) and presigned ones (kind direct), kept for a while after they ended, so
-- that asking twice gives the same answer.
create table artifact_uploads (
    id ${text} not null primary key,
    workspace ${text} not null,
    path ${text} not null,
    kind ${text} not null,
    parts integer not null,
    key ${text},
    remote_id ${text},
    created_at bigint not null,
    completed_at bigint
);
create index artifact_uploads_pending on artifact_uploads (workspace, path) where kind = 'direct' and completed_at is null;
create index artifact_uploads_age on artifact_uploads (created_at);

create table artifact_upload_parts (
    upload ${text} not null,
    number integer not null,
    sha256 ${text} not null,
    size_bytes bigint not null,
    primary key (upload, number)
) ${clustered};
