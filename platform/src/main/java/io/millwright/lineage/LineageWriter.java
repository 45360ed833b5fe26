package io.millwright.lineage;

import io.millwright.ledger.Sql;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Writes reports into the graph. Saying the same again changes nothing but when it was said first and
/// last.
final class LineageWriter {
    private final LineageStore store;

    LineageWriter(LineageStore store) {
        this.store = store;
    }

    /// @return how many edges are new or changed, apart from when they were said last
    int write(Sql sql, Report report) {
        One one = new One(sql, report);
        for (Fact fact : report.facts()) one.write(fact);
        return one.changes;
    }

    private final class One {
        private final Sql sql;
        private final Report report;
        private final Map<String, Long> ids = new HashMap<>();
        /// Written with the first edge that is new.
        private long reportId = -1;
        private int changes;

        One(Sql sql, Report report) {
            this.sql = sql;
            this.report = report;
        }

        void write(Fact fact) {
            switch (fact) {
                case Fact.Edge edge -> edge(edge, 0);
                case Fact.Moved moved -> move(moved);
                case Fact.Ended(Node to, EdgeKind kind, Instant at) ->
                    live(to).ifPresent(id -> changes += store.end(sql, id, kind, -1, -1, at));
                case Fact.Gone(Node node, Instant at) -> {
                    List<LineageStore.Row> all = withParts(node);
                    all.forEach(row -> store.setGone(sql, row.id(), at));
                    ids.clear();
                    changes += all.size();
                }
                case Fact.Back(Node node) -> back(node);
                case Fact.Renamed renamed -> rename(renamed);
            }
        }

        private void edge(Fact.Edge edge, long term) {
            long source = id(edge.from(), edge.at());
            long target = id(edge.to(), edge.at());
            if (source == target) return;
            long at = edge.at().toEpochMilli();
            Optional<long[]> known = store.times(sql, source, target, edge.kind(), term);
            if (known.isEmpty()) {
                if (reportId < 0) reportId = store.insertReport(sql, report);
                store.insertEdge(sql, source, target, edge, term, reportId);
                changes++;
                return;
            }
            long first = Math.min(known.get()[0], at);
            long last = Math.max(known.get()[1], at);
            if (first == known.get()[0] && last == known.get()[1] && known.get()[2] == 0) return;
            store.setTimes(sql, source, target, edge.kind(), term, first, last, 0);
        }

        private void move(Fact.Moved moved) {
            long source = id(moved.from(), moved.at());
            long target = id(moved.to(), moved.at());
            long term = moved.at().toEpochMilli();
            changes += store.end(sql, target, moved.kind(), source, term, moved.at());
            edge(Fact.edge(moved.from(), moved.to(), moved.kind(), moved.at()), term);
        }

        private void rename(Fact.Renamed renamed) {
            String from = renamed.from().name();
            for (LineageStore.Row row : withParts(renamed.from())) {
                Node old = row.node();
                Node other =
                        Node.of(old.kind(), renamed.to().name() + old.name().substring(from.length()));
                rename(old, other, renamed.at());
            }
        }

        /// The node and what is part of it: columns of a dataset and its snapshots, versions and
        /// aliases of a model.
        private List<LineageStore.Row> withParts(Node whole) {
            List<LineageStore.Row> all = new ArrayList<>();
            store.find(sql, report.workspace(), whole.urn())
                    .filter(row -> row.goneAt() == 0)
                    .ifPresent(all::add);
            for (String prefix : parts(whole)) all.addAll(store.beginning(sql, report.workspace(), prefix));
            if (whole.kind() == NodeKind.DATASET) {
                store.find(sql, report.workspace(), NodeKind.COLUMNS.word() + ":" + whole.name())
                        .filter(row -> row.goneAt() == 0)
                        .ifPresent(all::add);
            }
            return all;
        }

        private static List<String> parts(Node whole) {
            return switch (whole.kind()) {
                case DATASET -> List.of("snapshot:" + whole.name() + "@", "column:" + whole.name() + "#");
                case MODEL -> List.of("model-version:" + whole.name() + "/", "alias:" + whole.name() + "@");
                default -> List.of();
            };
        }

        /// All that went at the same moment.
        private void back(Node node) {
            Optional<LineageStore.Row> last = store.find(sql, report.workspace(), node.urn());
            if (last.isEmpty() || last.get().goneAt() == 0) return;
            changes += store.setBack(sql, report.workspace(), node, last.get().goneAt());
            ids.clear();
        }

        private void rename(Node from, Node to, Instant at) {
            Optional<Long> known = live(from);
            if (known.isEmpty()) return;
            if (live(to).isPresent()) {
                edge(Fact.edge(from, to, EdgeKind.RENAMED, at), 0);
                return;
            }
            store.setUrn(sql, known.get(), to.urn());
            ids.remove(from.urn());
            changes++;
        }

        private Optional<Long> live(Node node) {
            return store.live(sql, report.workspace(), node.urn());
        }

        private long id(Node node, Instant at) {
            return ids.computeIfAbsent(node.urn(), urn -> store.nodeId(sql, report.workspace(), node, at));
        }
    }
}
