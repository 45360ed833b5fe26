package io.millwright.lineage;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.Dataset;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.Description;
import io.millwright.lake.tables.TableService;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// What the catalog of one workspace has to say of datasets that somebody names, asked as the process
/// itself: what is written into the graph does not depend on who may read what. Answers are kept for as
/// long as this lives.
final class Datasets {
    private final TableService tables;
    private final RequestContext context;
    private final Map<DatasetName, Optional<Dataset>> known = new HashMap<>();

    Datasets(TableService tables, String workspace, String requestId) {
        this.tables = tables;
        this.context = new RequestContext(requestId, Principal.SYSTEM, workspace);
    }

    boolean has(DatasetName name) {
        return find(name).isPresent();
    }

    private Optional<Dataset> find(DatasetName name) {
        return known.computeIfAbsent(name, one -> ifThere(() -> tables.get(one)));
    }

    /// @return empty when there is no such version any more, or yet
    Optional<Long> snapshot(DatasetName name, At at) {
        if (!has(name)) return Optional.empty();
        if (at instanceof At.Snapshot(long id)) return Optional.of(id);
        return ifThere(() -> tables.version(name, at).snapshotId());
    }

    /// Paths of columns, those inside others included.
    List<String> columns(DatasetName name) {
        return find(name).stream()
                .flatMap(dataset -> dataset.description().columns().stream())
                .map(Description.Column::path)
                .toList();
    }

    /// That something read a dataset, or was made from it.
    ///
    /// @param snapshot which one of it; when empty, all that the dataset ever was is meant
    /// @param columns those read; when empty, or when the dataset has not all of them, all are meant
    List<Fact> input(
            DatasetName name, Optional<Long> snapshot, List<String> columns, Node reader, Instant at, String detail) {
        List<Fact> facts = new ArrayList<>();
        Node dataset = Node.dataset(name);
        if (snapshot.isPresent()) {
            Node version = Node.snapshot(name, snapshot.get());
            facts.add(Fact.edge(dataset, version, EdgeKind.VERSION, at));
            facts.add(new Fact.Edge(version, reader, EdgeKind.INPUT, at, detail));
        } else {
            facts.add(new Fact.Edge(dataset, reader, EdgeKind.INPUT, at, detail));
        }
        List<String> all = columns(name);
        if (!columns.isEmpty() && (all.isEmpty() || new HashSet<>(all).containsAll(columns))) {
            for (String column : columns) {
                facts.add(Fact.edge(Node.column(name, column), reader, EdgeKind.COLUMN, at));
            }
            return facts;
        }
        Node together = Node.columns(name);
        for (String column : all) facts.add(Fact.edge(Node.column(name, column), together, EdgeKind.MEMBER, at));
        facts.add(Fact.edge(together, reader, EdgeKind.INPUT, at));
        return facts;
    }

    private <T> Optional<T> ifThere(Supplier<T> question) {
        try {
            return Optional.of(context.call(question::get));
        } catch (Failure e) {
            if (e.code() == ErrorCode.NOT_FOUND || e.code() == ErrorCode.WRONG_STATE) return Optional.empty();
            throw e;
        }
    }
}
