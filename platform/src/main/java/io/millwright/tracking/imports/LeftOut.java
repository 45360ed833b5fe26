package io.millwright.tracking.imports;

import java.util.Map;
import java.util.Set;

/// What MLflow has and Millwright has no place for yet, as the report names it.
final class LeftOut {
    static final String TRACES = "traces";

    static final Set<String> KNOWN_LINKS =
            Set.of("DATASET to RUN", "RUN_INPUT to MODEL_INPUT", "RUN_OUTPUT to MODEL_OUTPUT");

    private static final Set<String> IMPORTED_TABLES = Set.of(
            "experiments",
            "experiment_tags",
            "runs",
            "params",
            "tags",
            "metrics",
            "latest_metrics",
            "datasets",
            "inputs",
            "input_tags",
            "logged_models",
            "logged_model_tags",
            "logged_model_params",
            "logged_model_metrics",
            "registered_models",
            "registered_model_tags",
            "registered_model_aliases",
            "model_versions",
            "model_version_tags",
            "webhooks",
            "webhook_events");
    /// Parts of things that are counted by another table, and MLflow's own book-keeping.
    private static final Set<String> PART_TABLES = Set.of(
            "alembic_version",
            "workspaces",
            "sqlite_sequence",
            "spans",
            "trace_tags",
            "trace_request_metadata",
            "trace_metrics",
            "span_metrics",
            "evaluation_dataset_tags",
            "scorer_versions",
            "online_scoring_configs",
            "endpoint_tags",
            "endpoint_bindings",
            "endpoint_model_mappings",
            "job_locks",
            "scheduler_leases",
            "review_queue_users",
            "review_queue_label_schemas",
            "guardrail_configs",
            "sql_assessment_daily_rollups",
            "sql_span_cost_daily_rollups",
            "sql_trace_metric_daily_rollups",
            "sql_trace_rollup_rebuild_queue");
    private static final Map<String, String> KINDS = Map.ofEntries(
            Map.entry("trace_info", TRACES),
            Map.entry("assessments", "assessments of traces"),
            Map.entry("evaluation_datasets", "evaluation datasets"),
            Map.entry("evaluation_dataset_records", "records of evaluation datasets"),
            Map.entry("review_queue_items", "items of review queues"),
            Map.entry("review_queues", "review queues"),
            Map.entry("label_schemas", "label schemas"),
            Map.entry("secrets", "secrets of gateway endpoints"),
            Map.entry("endpoints", "gateway endpoints"));

    private LeftOut() {}

    /// What a table's rows are called, or empty when nothing is lost without them.
    static String ofTable(String table) {
        if (IMPORTED_TABLES.contains(table) || PART_TABLES.contains(table)) return "";
        return KINDS.getOrDefault(table, table.replace('_', ' '));
    }
}
