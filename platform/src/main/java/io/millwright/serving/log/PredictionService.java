package io.millwright.serving.log;

import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.TableService;
import io.millwright.serving.endpoints.Endpoint;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Looks predictions up: those on their way into the lake, and those that are there.
public final class PredictionService {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int MOST_ROWS = 1_000;
    private static final int MOST_TABLES = 10_000;

    private final PredictionLog log;
    private final TableService tables;
    private final PredictionStore store;

    public PredictionService(PredictionLog log, TableService tables) {
        this.log = log;
        this.tables = tables;
        this.store = new PredictionStore(tables);
    }

    /// The rows of an answer, the shadows' after those that were sent.
    ///
    /// @throws io.millwright.kernel.Failure NOT_FOUND also for one that was not kept
    public List<Prediction> find(PredictionId id) {
        String workspace = RequestContext.current().workspace();
        List<Prediction> found = new ArrayList<>(local((each, answerer) ->
                each.equals(id) && answerer.workspace().equals(workspace) && isReadable(answerer.endpoint())));
        for (var row : tables.list("", PredictionTables.NAMESPACE, "", MOST_TABLES)) {
            // The dataset has no dots, the endpoint's name may have some in their places.
            if (row.name().name().indexOf('_') < 0 && !id.mayBeOf(row.name().name())) continue;
            for (Prediction each : store.find(workspace, row.name(), id)) {
                boolean known = found.stream()
                        .anyMatch(other -> other.row() == each.row()
                                && other.answerer()
                                        .variant()
                                        .equals(each.answerer().variant()));
                if (!known && isReadable(each.answerer().endpoint())) found.add(each);
            }
        }
        if (found.isEmpty()) {
            throw NOT_FOUND.because(
                    "There is no prediction %s that you may see. It may not have been kept: see the policy of its endpoint.",
                    id);
        }
        found.sort(Comparator.comparing(Prediction::shadow)
                .thenComparing(each -> each.answerer().variant())
                .thenComparingInt(Prediction::row));
        return found;
    }

    /// The dataset of an endpoint's predictions.
    public static DatasetName dataset(String endpoint) {
        return PredictionTables.dataset(endpoint);
    }

    private static boolean isReadable(String endpoint) {
        DatasetName dataset = PredictionTables.dataset(endpoint);
        RequestContext context = RequestContext.current();
        return context.allows(Right.READ, Endpoint.urn(endpoint))
                && context.allows(Right.READ, dataset.urn(), dataset.parents());
    }

    /// The first row of each of an endpoint's latest answers, latest first.
    ///
    /// @param before the id of the last one of the page before; empty for the first
    public List<Prediction> latest(String endpoint, String before, int most) {
        RequestContext context = RequestContext.current();
        DatasetName dataset = PredictionTables.dataset(endpoint);
        context.require(Right.READ, Endpoint.urn(endpoint));
        context.require(Right.READ, dataset.urn(), dataset.parents());
        String workspace = context.workspace();
        BiPredicate<PredictionId, Answerer> wanted =
                (id, answerer) -> answerer.endpoint().equals(endpoint)
                        && answerer.workspace().equals(workspace)
                        && (before.isEmpty() || id.toString().compareTo(before) < 0);
        AtomicLong count = new AtomicLong();
        scan((id, answerer) -> {
            if (wanted.test(id, answerer)) count.incrementAndGet();
            return false;
        });
        // Shadows' entries are among them, so that more than are wanted are read.
        AtomicLong left = new AtomicLong(count.get() - 4L * most);
        Deque<Entry> last = new ArrayDeque<>();
        for (Entry entry : scan((id, answerer) -> wanted.test(id, answerer) && left.getAndDecrement() <= 0)) {
            if (entry.shadow()) continue;
            last.addFirst(entry);
            if (last.size() > most) last.removeLast();
        }
        List<Prediction> found = new ArrayList<>();
        for (Entry entry : last) found.add(prediction(entry, 0));
        if (found.size() < most) {
            String from = found.isEmpty() ? before : found.getLast().id().toString();
            for (Prediction each : store.latest(workspace, dataset, endpoint, from, most - found.size())) {
                if (found.stream().noneMatch(other -> other.id().equals(each.id()))) found.add(each);
            }
        }
        return found;
    }

    private List<Prediction> local(BiPredicate<PredictionId, Answerer> wanted) {
        List<Prediction> found = new ArrayList<>();
        for (Entry entry : scan(wanted)) {
            for (int row = 0; row < Math.min(MOST_ROWS, entry.rows()); row++) found.add(prediction(entry, row));
        }
        return found;
    }

    private List<Entry> scan(BiPredicate<PredictionId, Answerer> wanted) {
        List<Entry> found = new ArrayList<>();
        for (PredictionLog.View view : log.views()) {
            new Entries(view.segment(), view.end(), wanted).each(found::add);
        }
        return found;
    }

    private static Prediction prediction(Entry entry, int row) {
        return new Prediction(
                entry.id(),
                row,
                entry.at(),
                entry.answerer(),
                entry.shadow(),
                entry.micros(),
                entry.caller(),
                entry.requestId(),
                entry.error(),
                json(entry.inputs(), row),
                json(entry.outputs(), row));
    }

    private static ObjectNode json(List<Entry.Values> columns, int row) {
        ObjectNode json = JSON.createObjectNode();
        for (Entry.Values values : columns) {
            if (values.column().list()) {
                ArrayNode list = json.putArray(values.name());
                for (int j = 0; j < values.column().width(); j++) list.addPOJO(plain(values.value(row, j)));
            } else {
                json.putPOJO(values.name(), plain(values.value(row, 0)));
            }
        }
        return json;
    }

    /// NaN has no place in JSON: it is a missing value here.
    private static @org.jspecify.annotations.Nullable Object plain(@org.jspecify.annotations.Nullable Object value) {
        return value instanceof Double number && number.isNaN() ? null : value;
    }
}
