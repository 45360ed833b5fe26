-- Finds the versions with a tag's value. PostgreSQL indexes no long texts, so only the beginning is in it.
create index model_version_tags_value on model_version_tags (workspace, key, substr(value, 1, 100), model, version);
