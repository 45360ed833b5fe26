package io.millwright.server;

import static io.millwright.server.RemoteServer.quoted;

import io.millwright.serving.wire.Csv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "truth",
        mixinStandardHelpOptions = true,
        description = "Tells a running server what turned out to be true of an endpoint's predictions.",
        footer = {
            "",
            "The file is CSV with a line of names: prediction_id (and row), or the column of --key, finds the prediction;",
            "at says when it became true; every other column is a truth. What is told again corrects it."
        })
@SuppressWarnings("NullAway.Init") // Picocli sets the fields.
final class TruthCommand implements Callable<Integer> {
    private static final int AT_ONCE = 5_000;

    @Mixin
    RemoteOptions remote;

    @Parameters(paramLabel = "ENDPOINT", description = "Its name.")
    String endpoint;

    @Option(names = "--file", required = true, paramLabel = "FILE", description = "CSV.")
    Path file;

    @Option(
            names = "--key",
            paramLabel = "COLUMN",
            description = "The input by whose value the latest prediction before 'at' is found.")
    String key = "";

    @Option(
            names = "--within",
            paramLabel = "HOURS",
            description = "How long before 'at' the prediction may have been (default: 720).")
    int within = 720;

    @Override
    public Integer call() throws InterruptedException {
        boolean[] all = {true};
        int code = remote.run(server -> all[0] = send(server));
        return code != 0 ? code : all[0] ? 0 : 1;
    }

    private boolean send(RemoteServer server) throws IOException, InterruptedException {
        Csv csv = new Csv(Files.readString(file));
        List<String> names = csv.line();
        if (!names.contains("prediction_id") && (key.isEmpty() || !names.contains(key))) {
            throw new RemoteServer.Refused("nothing: " + file + " has the columns " + names
                    + ", expected prediction_id, or the column that --key names.");
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        long line = 2;
        long recorded = 0;
        long unmatched = 0;
        for (List<String> cells = csv.line(); !cells.isEmpty(); cells = csv.line()) {
            if (cells.size() != names.size()) {
                throw new RemoteServer.Refused("nothing for line " + line + " and later: " + file + " has "
                        + cells.size() + " cells there, its first line has " + names.size() + ".");
            }
            rows.add(row(names, cells));
            line++;
            if (rows.size() < AT_ONCE) continue;
            JsonNode told = post(server, rows);
            recorded += told.path("recorded").asLong();
            unmatched += told.path("unmatched").size();
            rows.clear();
        }
        if (!rows.isEmpty()) {
            JsonNode told = post(server, rows);
            recorded += told.path("recorded").asLong();
            unmatched += told.path("unmatched").size();
        }
        System.out.printf("%d rows recorded, %d without a prediction.%n", recorded, unmatched);
        return unmatched == 0;
    }

    private JsonNode post(RemoteServer server, List<Map<String, Object>> rows)
            throws IOException, InterruptedException {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("rows", rows);
        if (!key.isEmpty()) body.put("key", key);
        body.put("within_hours", within);
        return server.post("/endpoints/" + quoted(endpoint) + "/truth", body);
    }

    private Map<String, Object> row(List<String> names, List<String> cells) {
        Map<String, Object> row = new LinkedHashMap<>();
        Map<String, Object> values = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            String cell = cells.get(i);
            if (cell.isEmpty()) continue;
            if (name.equals("prediction_id") || name.equals("at")) row.put(name, cell);
            else if (name.equals("row"))
                row.put(name, cell.matches("\\d{1,9}") ? Integer.valueOf(cell) : (Object) cell);
            else if (name.equals(key)) row.put("key", typed(cell));
            else values.put(name, typed(cell));
        }
        row.put("values", values);
        return row;
    }

    private static Object typed(String cell) {
        if (!cell.matches("-?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?")) return cell;
        return Double.valueOf(cell);
    }
}
