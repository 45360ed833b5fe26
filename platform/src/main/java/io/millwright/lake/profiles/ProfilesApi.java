package io.millwright.lake.profiles;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.DatasetVersion;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.datasketches.quantilescommon.QuantileSearchCriteria;
import tools.jackson.core.JsonGenerator;

/// Millwright's own REST for what datasets hold.
final class ProfilesApi {
    private static final double[] RANKS = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};
    private static final int BINS = 20;
    private static final int TOP = 10;
    private static final int CORRELATIONS = 20;

    private final ProfileService service;

    ProfilesApi(ProfileService service) {
        this.service = service;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.READ,
                        "GET",
                        "/datasets/{dataset}/profile",
                        BodyKind.NONE,
                        "What the columns of a version hold",
                        this::profile)
                .on(
                        Need.READ,
                        "GET",
                        "/datasets/{dataset}/profile/diff",
                        BodyKind.NONE,
                        "How what columns hold differs between two versions",
                        this::diff);
    }

    private Reply profile(Call call) {
        Query query = Query.of(call, "version");
        At at = query.text("version").map(At::version).orElseGet(At.Latest::new);
        Profile profile = service.profile(name(call), at);
        return Reply.largeJson(json -> {
            json.writeStartObject();
            version(json, "version", profile.version());
            json.writeNumberProperty("rows", profile.merged().rows())
                    .writeNumberProperty("deleted_rows_included", profile.deletedRows());
            json.writeName("columns").writeStartArray();
            for (Profile.Column column : profile.columns()) write(json, column);
            json.writeEndArray();
            correlations(json, profile);
            json.writeEndObject();
        });
    }

    private Reply diff(Call call) {
        Query query = Query.of(call, "from", "to");
        At from = At.version(query.text("from")
                .orElseThrow(
                        () -> INVALID_ARGUMENT.because("'from' is missing, expected a version's number or a tag.")));
        At to = query.text("to").map(At::version).orElseGet(At.Latest::new);
        Profile before = service.profile(name(call), from);
        Profile after = service.profile(name(call), to);
        return Reply.largeJson(json -> {
            json.writeStartObject();
            version(json, "from", before.version());
            version(json, "to", after.version());
            rows(json, before, after);
            Map<Integer, Profile.Column> old = new TreeMap<>();
            for (Profile.Column column : before.columns()) old.put(column.fieldId(), column);
            json.writeName("columns").writeStartArray();
            for (Profile.Column column : after.columns()) {
                diff(json, Optional.ofNullable(old.remove(column.fieldId())), Optional.of(column));
            }
            for (Profile.Column column : old.values()) diff(json, Optional.of(column), Optional.empty());
            json.writeEndArray().writeEndObject();
        });
    }

    private static void rows(JsonGenerator json, Profile before, Profile after) {
        json.writeName("rows")
                .writeStartObject()
                .writeNumberProperty("before", before.merged().rows())
                .writeNumberProperty("after", after.merged().rows())
                .writeEndObject();
    }

    private static void diff(JsonGenerator json, Optional<Profile.Column> before, Optional<Profile.Column> after) {
        Profile.Column shown = after.or(() -> before).orElseThrow();
        json.writeStartObject()
                .writeNumberProperty("field_id", shown.fieldId())
                .writeStringProperty("name", shown.name());
        Optional<ColumnProfile> old = before.flatMap(Profile.Column::values);
        Optional<ColumnProfile> now = after.flatMap(Profile.Column::values);
        before.ifPresent(column -> write(json.writeName("before"), column));
        after.ifPresent(column -> write(json.writeName("after"), column));
        if (old.isPresent() && now.isPresent()) {
            Drift.of(old.get(), now.get()).ifPresent(drift -> {
                json.writeName("moved").writeStartObject();
                drift.psi().ifPresent(psi -> json.writeNumberProperty("psi", psi));
                drift.ks().ifPresent(ks -> json.writeNumberProperty("ks", ks));
                json.writeNumberProperty("null_share_before", drift.nullShareBefore())
                        .writeNumberProperty("null_share_after", drift.nullShareAfter());
                values(json, "appeared", drift.appeared());
                values(json, "gone", drift.gone());
                json.writeEndObject();
            });
        }
        json.writeEndObject();
    }

    private static void values(JsonGenerator json, String field, List<Object> values) {
        json.writeName(field).writeStartArray();
        values.forEach(json::writePOJO);
        json.writeEndArray();
    }

    static void version(JsonGenerator json, String field, Optional<DatasetVersion> version) {
        version.ifPresent(one -> json.writeName(field)
                .writeStartObject()
                .writeNumberProperty("number", one.number())
                .writeStringProperty("snapshot_id", Long.toString(one.snapshotId()))
                .writeEndObject());
    }

    private static void write(JsonGenerator json, Profile.Column column) {
        json.writeStartObject()
                .writeNumberProperty("field_id", column.fieldId())
                .writeStringProperty("name", column.name())
                .writeStringProperty("type", column.type());
        column.values().ifPresent(values -> write(json, values));
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, ColumnProfile values) {
        json.writeNumberProperty("count", values.count()).writeNumberProperty("nulls", values.nulls());
        if (values.nans() > 0) json.writeNumberProperty("nans", values.nans());
        if (values.kind() == ColumnKind.OTHER || values.measured() == 0) return;
        json.writeName("distinct")
                .writeStartObject()
                .writeNumberProperty("estimate", Math.round(values.distinct().getEstimate()))
                .writeNumberProperty("least", Math.round(values.distinct().getLowerBound(2)))
                .writeNumberProperty("most", Math.round(values.distinct().getUpperBound(2)))
                .writeEndObject();
        if (values.kind().isNumeric()) {
            figures(json, values, values.kind());
        } else {
            if (values.first() != null) json.writeStringProperty("min", values.first());
            if (values.last() != null) json.writeStringProperty("max", values.last());
            json.writeName("length").writeStartObject();
            figures(json, values, ColumnKind.NUMBER);
            json.writeEndObject();
            hints(json, values);
        }
        top(json, values);
    }

    private static void figures(JsonGenerator json, ColumnProfile values, ColumnKind shownAs) {
        json.writePOJOProperty("min", shownAs.shown(values.min()));
        json.writePOJOProperty("max", shownAs.shown(values.max()));
        boolean moment = shownAs == ColumnKind.DATE || shownAs == ColumnKind.TIMESTAMP || shownAs == ColumnKind.TIME;
        json.writePOJOProperty("mean", moment ? shownAs.shown(values.mean()) : (Object) finite(values.mean()));
        if (!moment) json.writePOJOProperty("deviation", finite(values.deviation()));
        double[] quantiles = values.quantiles().getQuantiles(RANKS, QuantileSearchCriteria.INCLUSIVE);
        json.writeName("quantiles").writeStartObject();
        for (int i = 0; i < RANKS.length; i++) {
            json.writePOJOProperty(Double.toString(RANKS[i]), shownAs.shown(quantiles[i]));
        }
        json.writeEndObject()
                .writeNumberProperty("rank_error", values.quantiles().getNormalizedRankError(false));
        histogram(json, values, shownAs);
    }

    private static Object finite(double value) {
        return Double.isFinite(value) ? (Object) value : Double.toString(value);
    }

    private static void histogram(JsonGenerator json, ColumnProfile values, ColumnKind shownAs) {
        double low = values.min();
        double high = values.max();
        if (!Double.isFinite(low) || !Double.isFinite(high) || low == high) return;
        double[] edges = new double[BINS - 1];
        for (int i = 0; i < edges.length; i++) edges[i] = low + (high - low) * (i + 1) / BINS;
        for (int i = 1; i < edges.length; i++) if (edges[i] <= edges[i - 1]) return; // Too close for doubles.
        double[] shares = values.quantiles().getPMF(edges, QuantileSearchCriteria.INCLUSIVE);
        json.writeName("histogram").writeStartObject().writeName("edges").writeStartArray();
        json.writePOJO(shownAs.shown(low));
        for (double edge : edges) json.writePOJO(shownAs.shown(edge));
        json.writePOJO(shownAs.shown(high));
        json.writeEndArray().writeName("counts").writeStartArray();
        for (double share : shares) json.writeNumber(Math.round(share * values.measured()));
        json.writeEndArray().writeEndObject();
    }

    private static void top(JsonGenerator json, ColumnProfile values) {
        json.writeName("top").writeStartArray();
        for (ColumnProfile.Frequent one : values.frequent(TOP)) {
            json.writeStartObject();
            json.writePOJOProperty("value", one.value());
            json.writeNumberProperty("count", one.estimate())
                    .writeNumberProperty("least", one.least())
                    .writeNumberProperty("most", one.most())
                    .writeEndObject();
        }
        json.writeEndArray().writeBooleanProperty("all_values_known", values.knowsAllValues());
    }

    private static void hints(JsonGenerator json, ColumnProfile values) {
        json.writeName("hints").writeStartArray();
        values.hints()
                .forEach((hint, times) -> json.writeStartObject()
                        .writeStringProperty("looks_like", hint)
                        .writeNumberProperty("share", (double) times / values.hinted())
                        .writeNumberProperty("of", values.hinted())
                        .writeEndObject());
        json.writeEndArray();
    }

    private static void correlations(JsonGenerator json, Profile profile) {
        Correlations all = profile.merged().correlations();
        Map<Integer, String> names = new TreeMap<>();
        for (Profile.Column column : profile.columns()) names.put(column.fieldId(), column.name());
        json.writeName("correlations")
                .writeStartObject()
                .writeNumberProperty("sampled_rows", all.rows())
                .writeName("pairs")
                .writeStartArray();
        for (Correlations.Correlation pair : all.strongest(CORRELATIONS)) {
            String a = names.get(pair.a());
            String b = names.get(pair.b());
            if (a == null || b == null) continue;
            json.writeStartObject()
                    .writeStringProperty("a", a)
                    .writeStringProperty("b", b)
                    .writeNumberProperty("r", pair.r())
                    .writeNumberProperty("rows", pair.n())
                    .writeEndObject();
        }
        json.writeEndArray().writeEndObject();
    }

    private static DatasetName name(Call call) {
        return DatasetName.parse(call.pathVariable("dataset"));
    }
}
