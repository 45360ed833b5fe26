package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Page;
import io.millwright.search.Column;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Millwright's own REST for runs as a table.
final class RunTableApi {
    private static final int USUAL_PAGE = 100;
    private static final int LARGEST_PAGE = 1_000;
    /// A larger page is read and sent bit by bit.
    private static final int ROWS_AT_ONCE = 100;
    private static final int USUAL_NAMES = 1_000;
    private static final int MOST_NAMES = 20_000;
    private static final int LONGEST_PREFIX = 1_000;
    private static final int USUAL_COUNT = 10_000;
    private static final int LARGEST_COUNT = 1_000_000;
    private static final int USUAL_GROUPS = 200;
    private static final int MOST_GROUPS = 1_000;
    private static final int MOST_GROUP_COLUMNS = 50;
    private static final List<String> IDENTITY =
            List.of("run_id", "run_name", "status", "start_time", "end_time", "user_id", "lifecycle_stage");
    private static final Map<String, ViewType> VIEWS =
            Map.of("active", ViewType.ACTIVE_ONLY, "deleted", ViewType.DELETED_ONLY, "all", ViewType.ALL);

    private static final int USUAL_RECENT = 20;
    private static final int LARGEST_RECENT = 200;
    private static final Map<String, List<RunStatus>> STATUSES =
            Stream.of(RunStatus.values()).collect(Collectors.toUnmodifiableMap(RunStatus::name, List::of));

    private final RunTableService table;

    RunTableApi(RunTableService table) {
        this.table = table;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.READ,
                        "GET",
                        "/runs/recent",
                        BodyKind.NONE,
                        "The runs that began last, in whichever experiment",
                        this::recent)
                .on(
                        Need.READ,
                        "GET",
                        "/experiments/{experiment_id}/runs",
                        BodyKind.NONE,
                        "A page of an experiment's runs, with only the columns asked for",
                        this::runs)
                .on(
                        Need.READ,
                        "GET",
                        "/experiments/{experiment_id}/run-columns",
                        BodyKind.NONE,
                        "The names of metrics, params and tags that an experiment's runs have",
                        this::columns)
                .on(
                        Need.READ,
                        "GET",
                        "/experiments/{experiment_id}/run-count",
                        BodyKind.NONE,
                        "How many of an experiment's runs match, counted up to a limit",
                        this::count)
                .on(
                        Need.READ,
                        "GET",
                        "/experiments/{experiment_id}/run-groups",
                        BodyKind.NONE,
                        "An experiment's runs put together by a param or a tag, with what their metrics are in each group",
                        this::groups);
    }

    private Reply recent(Call call) throws IOException {
        Query query = Query.of(call, "status", "max_results");
        RunTable.RecentRuns recent = table.recent(
                query.choice("status", List.of(RunStatus.values()), STATUSES),
                query.number("max_results", USUAL_RECENT, 1, LARGEST_RECENT));
        return Reply.json(json -> {
            json.writeStartObject().writeName("runs").writeStartArray();
            for (RunTable.Recent one : recent.runs()) {
                RunInfo run = one.run();
                json.writeStartObject();
                json.writeStringProperty("run_id", run.id());
                json.writeStringProperty("run_name", run.name());
                json.writeStringProperty("experiment_id", String.valueOf(run.experiment()));
                json.writeStringProperty("experiment_name", one.experiment());
                json.writeStringProperty("status", run.status().name());
                json.writeNumberProperty("start_time", run.startTimeMillis());
                if (run.endTimeMillis().isPresent())
                    json.writeNumberProperty("end_time", run.endTimeMillis().getAsLong());
                json.writeStringProperty("user_id", run.userId());
                json.writeEndObject();
            }
            json.writeEndArray().writeBooleanProperty("more", recent.more()).writeEndObject();
        });
    }

    private Reply runs(Call call) {
        Query query = Query.of(call, "column", "filter", "order_by", "view", "max_results", "page_token");
        List<Column> columns = Column.parse(query.texts("column"));
        var search = search(call, query, query.texts("order_by"));
        int maxResults = query.number("max_results", USUAL_PAGE, 1, LARGEST_PAGE);
        Optional<String> token = query.text("page_token");
        return Reply.largeJson(json -> {
            Page<RunTable.Row> page = table.page(search, columns, Math.min(maxResults, ROWS_AT_ONCE), token);
            json.writeStartObject().writeName("columns").writeStartArray();
            IDENTITY.forEach(json::writeString);
            columns.forEach(column -> json.writeString(column.text()));
            json.writeEndArray().writeName("rows").writeStartArray();
            write(json, page.items());
            int left = maxResults - page.items().size();
            while (left > 0 && page.nextToken().isPresent()) {
                page = table.page(search, columns, Math.min(left, ROWS_AT_ONCE), page.nextToken());
                write(json, page.items());
                left -= page.items().size();
            }
            json.writeEndArray();
            page.nextToken().ifPresent(next -> json.writeStringProperty("next_page_token", next));
            json.writeEndObject();
        });
    }

    private static RunTableService.Search search(Call call, Query query, List<String> orderBy) {
        return new RunTableService.Search(
                experiment(call),
                query.text("filter").orElse(""),
                orderBy,
                query.choice("view", ViewType.ACTIVE_ONLY, VIEWS));
    }

    private static long experiment(Call call) {
        String id = call.pathVariable("experiment_id");
        if (id.matches("\\d{1,18}")) return Long.parseLong(id);
        throw INVALID_ARGUMENT.because("The experiment's id is '%s', expected a number such as 7.", id);
    }

    private static void write(JsonGenerator json, List<RunTable.Row> rows) {
        for (RunTable.Row row : rows) {
            RunInfo run = row.run();
            OptionalLong end = run.endTimeMillis();
            json.writeStartArray()
                    .writeString(run.id())
                    .writeString(run.name())
                    .writeString(run.status().name())
                    .writeNumber(run.startTimeMillis());
            if (end.isPresent()) json.writeNumber(end.getAsLong());
            else json.writeNull();
            json.writeString(run.userId()).writeString(MlflowJson.stage(run.deleted()));
            for (@Nullable Object cell : row.cells()) write(json, cell);
            json.writeEndArray();
        }
    }

    private static void write(JsonGenerator json, @Nullable Object cell) {
        switch (cell) {
            case null -> json.writeNull();
            case Double number -> number(json, number);
            case Long number -> json.writeNumber(number);
            default -> json.writeString(cell.toString());
        }
    }

    /// What JSON has no number for is a text. Infinities are stored as the greatest numbers; see [MetricPoint].
    static void number(JsonGenerator json, double value) {
        if (Double.isNaN(value)) json.writeString("NaN");
        else if (value == Double.MAX_VALUE) json.writeString("Infinity");
        else if (value == -Double.MAX_VALUE) json.writeString("-Infinity");
        else json.writeNumber(value);
    }

    private Reply columns(Call call) {
        Query query = Query.of(call, "prefix", "max_results");
        String prefix = query.text("prefix").orElse("");
        if (prefix.length() > LONGEST_PREFIX) {
            throw INVALID_ARGUMENT.because(
                    "'prefix' has %d characters, at most %d are expected.", prefix.length(), LONGEST_PREFIX);
        }
        RunTable.Names names =
                table.names(experiment(call), prefix, query.number("max_results", USUAL_NAMES, 1, MOST_NAMES));
        return Reply.largeJson(json -> {
            json.writeStartObject();
            write(json, "metrics", names.metrics(), name -> name.startsWith("system/"));
            write(json, "params", names.params(), name -> false);
            write(json, "tags", names.tags(), name -> name.startsWith("mlflow."));
            json.writeNumberProperty("counted_to", names.countedTo());
            json.writeName("more").writeStartArray();
            if (names.metrics().more()) json.writeString("metrics");
            if (names.params().more()) json.writeString("params");
            if (names.tags().more()) json.writeString("tags");
            json.writeEndArray().writeEndObject();
        });
    }

    private static void write(JsonGenerator json, String kind, RunTable.NameList list, Predicate<String> isSystem) {
        json.writeName(kind).writeStartArray();
        for (RunTable.Name name : list.names()) {
            json.writeStartObject();
            json.writeStringProperty("name", name.name());
            json.writeNumberProperty("runs", name.runs());
            if (isSystem.test(name.name())) json.writeBooleanProperty("system", true);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private Reply count(Call call) throws IOException {
        Query query = Query.of(call, "filter", "view", "count_to");
        RunTable.Count count =
                table.count(search(call, query, List.of()), query.number("count_to", USUAL_COUNT, 1, LARGEST_COUNT));
        return Reply.json(json -> json.writeStartObject()
                .writeNumberProperty("runs", count.runs())
                .writeBooleanProperty("more", count.more())
                .writeEndObject());
    }

    private Reply groups(Call call) {
        Query query = Query.of(call, "by", "column", "filter", "order_by", "view", "max_results");
        String written = query.text("by")
                .orElseThrow(() -> INVALID_ARGUMENT.because("'by' is missing, expected params.<name> or tags.<name>."));
        Column by = Column.parse(List.of(written)).getFirst();
        List<String> texts = query.texts("column");
        if (texts.size() > MOST_GROUP_COLUMNS) {
            throw INVALID_ARGUMENT.because(
                    "%d columns are asked for by 'column', at most %d are answered at once.",
                    texts.size(), MOST_GROUP_COLUMNS);
        }
        List<Column> columns = Column.parse(texts);
        RunTable.Groups groups = table.groups(
                search(call, query, List.of()),
                by,
                columns,
                query.text("order_by").orElse("runs DESC"),
                query.number("max_results", USUAL_GROUPS, 1, MOST_GROUPS));
        return Reply.largeJson(json -> {
            json.writeStartObject().writeStringProperty("by", by.text());
            json.writeName("columns").writeStartArray();
            columns.forEach(column -> json.writeString(column.text()));
            json.writeEndArray().writeName("groups").writeStartArray();
            for (RunTable.Group group : groups.groups()) write(json, group);
            json.writeEndArray()
                    .writeNumberProperty("group_count", groups.groupCount())
                    .writeNumberProperty("run_count", groups.runCount())
                    .writeEndObject();
        });
    }

    private static void write(JsonGenerator json, RunTable.Group group) {
        json.writeStartObject().writeName("value");
        write(json, group.value());
        json.writeNumberProperty("runs", group.runs()).writeName("cells").writeStartArray();
        for (RunTable.@Nullable Spread cell : group.cells()) {
            if (cell == null) {
                json.writeNull();
                continue;
            }
            json.writeStartObject().writeNumberProperty("numbers", cell.numbers());
            number(json.writeName("mean"), finite(cell.mean()));
            json.writeName("sd");
            if (Double.isNaN(cell.sd())) json.writeNull();
            else number(json, finite(cell.sd()));
            number(json.writeName("min"), cell.min());
            number(json.writeName("max"), cell.max());
            json.writeEndObject();
        }
        json.writeEndArray().writeEndObject();
    }

    /// A sum may overflow where no number did.
    private static double finite(double number) {
        return Math.clamp(number, -Double.MAX_VALUE, Double.MAX_VALUE);
    }
}
