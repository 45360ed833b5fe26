package io.millwright.lineage;

import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Sql;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the graph says, in the workspace of the request in hand and as far as its principal may know.
///
/// Walks go through what one may not know of, which is counted and never named: what breaks does so
/// whoever asks.
public final class LineageService {
    public static final int DEEPEST = 100;
    /// Of one walk; a node takes about 14 bytes while it is walked.
    static final int MOST_WALKED = 2_000_000;

    private static final int IDS_AT_ONCE = 20_000;
    /// A right on any of these may hide a node.
    private static final List<String> ENTITIES = List.of(
            "dataset",
            "namespace",
            "run",
            "experiment",
            "logged-model",
            "model",
            "model-version",
            "job",
            "job-run",
            "external",
            "external-column",
            "endpoint");

    private final Db db;
    private final LineageStore store = new LineageStore();

    LineageService(Db db) {
        this.db = db;
    }

    public enum Direction {
        UP,
        DOWN,
        BOTH
    }

    /// What is asked of the graph.
    ///
    /// @param node a URN
    /// @param depth 1 to [#DEEPEST] edges
    /// @param at as it stood then; empty for now
    /// @param most how many nodes are listed
    public record Question(String node, int depth, Optional<Instant> at, int most) {}

    /// What was made of it, directly or not: what breaks if it changes.
    public Reach impact(Question question) {
        return reach(question, true);
    }

    /// What it was made of, directly or not: where it comes from.
    public Reach provenance(Question question) {
        return reach(question, false);
    }

    private Reach reach(Question question, boolean down) {
        RequestContext context = RequestContext.current();
        return db.read(sql -> {
            LineageStore.Row start = start(sql, context, question.node());
            Walk walk = walk(sql, start, down, question.depth(), question.at().orElse(null), MOST_WALKED);
            Known known = new Known(sql, context, walk, question.most());
            Map<NodeKind, Integer> counts = new EnumMap<>(NodeKind.class);
            List<Reach.Item> items = new ArrayList<>();
            int hidden = 0;
            for (int i = 1; i < walk.size(); i++) {
                if (!known.isShown(i)) {
                    hidden++;
                    continue;
                }
                counts.merge(walk.kind(i), 1, Integer::sum);
                if (items.size() < question.most()) {
                    items.add(new Reach.Item(walk.kind(i), known.urn(i), walk.distance(i), known.path(i)));
                }
            }
            int shown = walk.size() - 1 - hidden;
            boolean truncated = walk.isCutOff() || shown > items.size();
            return new Reach(start.node().urn(), items, counts, hidden, walk.edges(), truncated);
        });
    }

    /// The nodes around one, and the edges between them.
    public Graph graph(Question question, Direction direction) {
        RequestContext context = RequestContext.current();
        Instant at = question.at().orElse(null);
        return db.read(sql -> {
            LineageStore.Row start = start(sql, context, question.node());
            Map<Long, Graph.Point> points = new LinkedHashMap<>();
            points.put(
                    start.id(),
                    new Graph.Point(start.node().kind(), start.node().urn(), 0));
            int hidden = 0;
            boolean truncated = false;
            for (boolean down : new boolean[] {false, true}) {
                if (direction == (down ? Direction.UP : Direction.DOWN)) continue;
                Walk walk = walk(sql, start, down, question.depth(), at, MOST_WALKED);
                Known known = new Known(sql, context, walk, question.most());
                truncated |= walk.isCutOff();
                for (int i = 1; i < walk.size(); i++) {
                    if (!known.isShown(i)) {
                        hidden++;
                    } else if (points.size() <= question.most()) {
                        int distance = down ? walk.distance(i) : -walk.distance(i);
                        points.putIfAbsent(walk.id(i), new Graph.Point(walk.kind(i), known.urn(i), distance));
                    } else {
                        truncated = true;
                        break;
                    }
                }
            }
            return new Graph(
                    start.node().urn(), List.copyOf(points.values()), lines(sql, points, at), hidden, truncated);
        });
    }

    private List<Graph.Line> lines(Sql sql, Map<Long, Graph.Point> points, @Nullable Instant at) {
        List<Graph.Line> lines = new ArrayList<>();
        long[] ids =
                points.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
        for (LineageStore.EdgeRow edge : store.edges(sql, ids, at)) {
            Graph.Point from = points.get(edge.source());
            Graph.Point to = points.get(edge.target());
            if (from == null || to == null) continue;
            lines.add(new Graph.Line(
                    from.urn(),
                    to.urn(),
                    edge.kind(),
                    edge.firstSeen(),
                    edge.lastSeen(),
                    edge.endedAt(),
                    edge.detail(),
                    edge.requestId(),
                    edge.actor(),
                    edge.said()));
        }
        return lines;
    }

    private LineageStore.Row start(Sql sql, RequestContext context, String urn) {
        Node asked = Node.parse(urn);
        Optional<LineageStore.Row> found = store.find(sql, context.workspace(), urn);
        found.map(LineageStore.Row::node).orElse(asked).require(context, Right.READ);
        return found.orElseThrow(() -> NOT_FOUND.because(
                "Nothing is known of where '%s' comes from or what was made of it. Check the URN; what happened a moment"
                        + " ago is known within about a second.",
                Node.shown(urn)));
    }

    private Walk walk(Sql sql, LineageStore.Row start, boolean down, int depth, @Nullable Instant at, int mostNodes) {
        Walk walk = new Walk(start.id(), start.node().kind().code());
        int from = 0;
        for (int distance = 1; distance <= depth && from < walk.size(); distance++) {
            int to = walk.size();
            for (int begin = from; begin < to; begin += IDS_AT_ONCE) {
                step(sql, walk, begin, Math.min(to, begin + IDS_AT_ONCE), distance, down, at);
                if (walk.size() > mostNodes) {
                    walk.cutOff();
                    return walk;
                }
            }
            from = to;
        }
        return walk;
    }

    private void step(Sql sql, Walk walk, int begin, int end, int distance, boolean down, @Nullable Instant at) {
        Walk.Part part = walk.part(begin, end);
        store.step(sql, part.ids(), down, at, (here, there, kind) -> {
            walk.countEdge();
            if (!walk.has(there)) walk.add(there, kind, part.index(here), distance);
        });
    }

    /// The URNs of what a walk has reached, as far as they are needed, and which of it is hidden.
    private final class Known {
        private final Walk walk;
        private final Map<Long, Node> nodes = new HashMap<>();
        private final boolean everything;
        private final RequestContext context;

        Known(Sql sql, RequestContext context, Walk walk, int most) {
            this.walk = walk;
            this.context = context;
            this.everything = ENTITIES.stream()
                    .allMatch(entity -> context.readable(entity).isEverything());
            int needed = everything ? (int) Math.min(walk.size(), most + 1L) : walk.size();
            for (int begin = 0; begin < needed; begin += IDS_AT_ONCE) {
                long[] ids =
                        walk.part(begin, Math.min(needed, begin + IDS_AT_ONCE)).ids();
                nodes.putAll(store.nodes(sql, Arrays.stream(ids).boxed().toList()));
            }
        }

        boolean isShown(int index) {
            if (everything) return true;
            Node node = nodes.get(walk.id(index));
            return node != null && node.isReadable(context);
        }

        String urn(int index) {
            Node node = nodes.get(walk.id(index));
            return node == null ? "hidden" : node.urn();
        }

        List<String> path(int index) {
            List<String> path = new ArrayList<>();
            for (int i = index; i >= 0; i = walk.via(i)) path.add(isShown(i) ? urn(i) : "hidden");
            Collections.reverse(path);
            return path;
        }
    }
}
