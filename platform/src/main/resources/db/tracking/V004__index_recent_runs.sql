-- The runs of a workspace that began last, each status for itself: the few that run are found among many that ended.
-- With the experiment, by which rights are decided, so that a run that may not be read costs no look-up of its row.
create index runs_recent on runs (workspace, deleted, status, start_time desc, id, experiment);
