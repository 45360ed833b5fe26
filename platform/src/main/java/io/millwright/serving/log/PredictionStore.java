package io.millwright.serving.log;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.lake.duck.Duck;
import io.millwright.lake.duck.DuckThread;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.DatasetVersion;
import io.millwright.lake.tables.TableScan;
import io.millwright.lake.tables.TableService;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.expressions.Expressions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Predictions that are in the lake.
final class PredictionStore {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Duck.Caps CAPS = new Duck.Caps(256 << 20, 1, Optional.empty());
    /// The latest are looked for in so many versions.
    private static final int VERSIONS = 10;

    private static final int MOST_ROWS = 1_000;

    private final TableService tables;

    PredictionStore(TableService tables) {
        this.tables = tables;
    }

    /// All rows and shadows of one answer.
    List<Prediction> find(String workspace, DatasetName dataset, PredictionId id) {
        long micros = id.at().toEpochMilli() * 1000;
        TableScan scan = tables.scan(
                dataset,
                new At.Latest(),
                schema -> Expressions.and(
                        Expressions.greaterThanOrEqual("at", micros), Expressions.lessThan("at", micros + 1000)));
        return read(
                workspace,
                scan,
                scan.files(),
                "where t.prediction_id = " + Duck.literal(id.toString()) + " order by shadow, variant, row limit "
                        + MOST_ROWS);
    }

    /// The first row of each of the latest answers, latest first.
    ///
    /// @param before only older ones
    List<Prediction> latest(String workspace, DatasetName dataset, String endpoint, String before, int most) {
        List<Prediction> found = new ArrayList<>();
        try {
            for (DatasetVersion version : tables.versions(dataset, Integer.MAX_VALUE, VERSIONS)) {
                if (found.size() >= most) break;
                if (version.expiredAt().isPresent()) continue;
                TableScan scan = tables.scanOfAdded(dataset, new At.Snapshot(version.snapshotId()));
                found.addAll(read(
                        workspace,
                        scan,
                        scan.files(),
                        "where row = 0 and not shadow and t.endpoint = " + Duck.literal(endpoint)
                                + (before.isEmpty() ? "" : " and t.prediction_id < " + Duck.literal(before))
                                + " order by prediction_id desc limit " + most));
            }
        } catch (Failure e) {
            if (e.code() != ErrorCode.NOT_FOUND) throw e;
        }
        found.sort(
                Comparator.comparing((Prediction each) -> each.id().toString()).reversed());
        return found.subList(0, Math.min(most, found.size()));
    }

    /// Each file by itself: their structs have the fields they had when they were written.
    private List<Prediction> read(String workspace, TableScan scan, List<TableScan.ScanFile> files, String rest) {
        return DuckThread.call("predictions", () -> {
            List<Prediction> found = new ArrayList<>();
            try (Duck duck = Duck.open(CAPS)) {
                for (TableScan.ScanFile file : files) {
                    try (TableService.LocalFile local = tables.local(scan, file.location(), file.bytes())) {
                        String query = "select to_json(t)::varchar from read_parquet("
                                + Duck.literal(local.path().toString()) + ") t " + rest;
                        for (String row : duck.query(query, each -> each.getString(1)))
                            found.add(prediction(workspace, JSON.readTree(row)));
                    }
                }
            } catch (SQLException e) {
                throw ErrorCode.UNAVAILABLE.because("Predictions of '%s' cannot be read.", scan.dataset());
            }
            return found;
        });
    }

    private static Prediction prediction(String workspace, JsonNode row) {
        PredictionId id = PredictionId.parse(row.path("prediction_id").asString(""));
        return new Prediction(
                id,
                row.path("row").asInt(),
                id.at(),
                new Answerer(
                        workspace,
                        row.path("endpoint").asString(""),
                        row.path("revision").asInt(),
                        row.path("variant").asString(""),
                        row.path("model").asString(""),
                        row.path("version").asString("")),
                row.path("shadow").asBoolean(),
                row.path("micros").asDouble(),
                row.path("caller").asString(""),
                row.path("request_id").asString(""),
                row.path("error").asString(""),
                row.path("inputs"),
                row.path("outputs"));
    }
}
