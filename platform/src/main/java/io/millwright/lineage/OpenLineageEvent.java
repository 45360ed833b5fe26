package io.millwright.lineage;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What of an OpenLineage event says where something comes from.
///
/// @param type `START`, `RUNNING`, `COMPLETE`, `ABORT`, `FAIL` or `OTHER`; empty where none is given
/// @param run absent from events about a job or a dataset as such
/// @param job absent from events about a dataset
/// @param dataset of an event about a dataset
record OpenLineageEvent(
        Instant time,
        String type,
        Optional<Run> run,
        Optional<Job> job,
        List<Data> inputs,
        List<Data> outputs,
        Optional<Data> dataset) {
    OpenLineageEvent {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /// Whether what it says it made was not made.
    boolean hasFailed() {
        return type.equals("FAIL") || type.equals("ABORT");
    }

    record Name(String namespace, String name) {}

    record Job(String namespace, String name) {}

    /// @param id a UUID
    /// @param parent the run that made it run
    record Run(String id, Optional<Parent> parent) {}

    record Parent(String runId, Job job) {}

    /// A dataset that was read or written.
    ///
    /// @param symlinks other names of it
    /// @param version as its system has it; may be empty
    /// @param fields those that its schema facet names
    /// @param columns where its fields come from
    /// @param together what all of its fields depend on, as by a filter
    record Data(
            Name name,
            List<Name> symlinks,
            String version,
            List<String> fields,
            List<Column> columns,
            List<Origin> together) {
        Data {
            symlinks = List.copyOf(symlinks);
            fields = List.copyOf(fields);
            columns = List.copyOf(columns);
            together = List.copyOf(together);
        }
    }

    record Column(String field, List<Origin> from) {
        Column {
            from = List.copyOf(from);
        }
    }

    /// A field that something was made from.
    ///
    /// @param how such as `DIRECT/IDENTITY`; may be empty
    record Origin(Name dataset, String field, String how) {}
}
