-- The runs of a workspace that began last, each status for itself: the few that run are found among many that ended.
create index runs_recent on runs (workspace, deleted, status, start_time desc, id);
