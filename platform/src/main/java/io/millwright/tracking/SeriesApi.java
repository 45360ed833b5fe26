package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JsonGenerator;

/// Millwright's own REST for charts of metrics.
final class SeriesApi {
    private static final int MOST_SERIES = 100;
    private static final int USUAL_WIDTH = 800;
    private static final int LARGEST_WIDTH = 4_000;
    private static final Map<String, MetricStore.Axis> AXES = new TreeMap<>(
            Stream.of(MetricStore.Axis.values()).collect(Collectors.toMap(MetricStore.Axis::word, axis -> axis)));

    private final SeriesService series;

    SeriesApi(SeriesService series) {
        this.series = series;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.READ,
                        "GET",
                        "/metric-series",
                        BodyKind.NONE,
                        "Metrics of runs as a chart of some width needs them",
                        this::series);
    }

    private Reply series(Call call) {
        Query query = Query.of(call, "run", "key", "x", "from", "to", "width");
        List<String> runs = required(query, "run", "a run's id");
        List<String> keys = required(query, "key", "the name of a metric");
        if ((long) runs.size() * keys.size() > MOST_SERIES) {
            throw INVALID_ARGUMENT.because(
                    "%d runs with %d keys are %d series, at most %d are answered at once. Ask several times.",
                    runs.size(), keys.size(), (long) runs.size() * keys.size(), MOST_SERIES);
        }
        var view = new SeriesService.View(
                query.choice("x", MetricStore.Axis.STEP, AXES),
                query.wholeNumber("from").orElse(Long.MIN_VALUE),
                query.wholeNumber("to").orElse(Long.MAX_VALUE),
                query.number("width", USUAL_WIDTH, 1, LARGEST_WIDTH));
        if (view.from() > view.to()) {
            throw INVALID_ARGUMENT.because(
                    "'from' is %d, which lies behind 'to', %d. Swap them.", view.from(), view.to());
        }
        List<SeriesService.Series> found = series.find(runs, keys);
        return Reply.largeJson(json -> {
            json.writeStartObject()
                    .writeStringProperty("x", view.axis().word())
                    .writeNumberProperty("width", view.width())
                    .writeName("series")
                    .writeStartArray();
            series.each(found, view, (one, reduced) -> write(json, one, reduced));
            json.writeEndArray().writeEndObject();
        });
    }

    private static List<String> required(Query query, String name, String what) {
        List<String> texts = query.texts(name).stream().distinct().toList();
        if (texts.isEmpty()) throw INVALID_ARGUMENT.because("'%s' is missing, expected %s once or more.", name, what);
        return texts;
    }

    private static void write(JsonGenerator json, SeriesService.Series series, SeriesService.Reduced reduced) {
        SeriesPoints points = reduced.points();
        json.writeStartObject()
                .writeStringProperty("run_id", series.runId())
                .writeStringProperty("key", series.key())
                .writeNumberProperty("points", reduced.total())
                .writeName("x")
                .writeStartArray();
        for (int i = 0; i < points.size(); i++) json.writeNumber(points.x(i));
        json.writeEndArray().writeName("y").writeStartArray();
        for (int i = 0; i < points.size(); i++) RunTableApi.number(json, points.y(i));
        json.writeEndArray().writeEndObject();
    }
}
