package io.millwright.server;

import static io.millwright.server.RemoteServer.quoted;
import static io.millwright.server.RemoteServer.with;

import java.io.Console;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "data",
        description = "Datasets of a running server, and files that become versions of them.",
        subcommands = {
            DatasetCommands.ListAll.class,
            DatasetCommands.Show.class,
            DatasetCommands.Versions.class,
            DatasetCommands.Diff.class,
            DatasetCommands.Tag.class,
            DatasetCommands.RollBack.class,
            DatasetCommands.Compact.class,
            DatasetCommands.Erase.class,
            DatasetCommands.Drop.class,
            DatasetCommands.Restore.class
        },
        synopsisSubcommandLabel = "COMMAND")
final class DataCommand {
    @Command(name = "add", mixinStandardHelpOptions = true, description = "Makes a new dataset of a file.")
    int add(@Mixin RemoteOptions remote, @Mixin Sending sending) throws InterruptedException {
        return remote.run(server -> sending.send(server, "create"));
    }

    @Command(name = "append", mixinStandardHelpOptions = true, description = "Appends a file to a dataset.")
    int append(
            @Mixin RemoteOptions remote,
            @Mixin Sending sending,
            @Option(names = "--overwrite", description = "Instead of the rows that are there.") boolean overwrite)
            throws InterruptedException {
        return remote.run(server -> sending.send(server, overwrite ? "overwrite" : "append"));
    }

    /// What both are told.
    @SuppressWarnings("NullAway.Init") // Picocli sets the fields.
    static final class Sending {
        @Parameters(index = "0", paramLabel = "DATASET", description = "As census.people.")
        String dataset;

        @Parameters(
                index = "1",
                paramLabel = "FILE",
                description = "CSV, JSON, JSONL or Parquet, gzip too: a path, or a URL with http, https or s3.")
        String file;

        @Option(names = "--map", paramLabel = "FILE=TABLE", description = "A column under another name; x= drops it.")
        Map<String, String> mapping = new LinkedHashMap<>();

        @Option(names = "--type", paramLabel = "COLUMN=TYPE", description = "A column's type, such as x=long.")
        Map<String, String> types = new LinkedHashMap<>();

        @Option(
                names = "--read",
                paramLabel = "OPTION=VALUE",
                description =
                        "How to read CSV: format, delimiter, quote, header, encoding, date_format, timestamp_format,"
                                + " decimal, null.")
        Map<String, String> reading = new LinkedHashMap<>();

        @Option(names = "--evolve", description = "Allows new columns, missing ones and wider types.")
        boolean evolve;

        @Option(names = "--branch", paramLabel = "NAME", description = "Commit to this branch.")
        String branch = "";

        @Option(
                names = {"-m", "--message"},
                paramLabel = "TEXT",
                description = "What to keep with the version.")
        String message = "";

        @Option(names = "--yes", description = "Does not ask.")
        boolean yes;

        void send(RemoteServer server, String mode) throws IOException, InterruptedException {
            try (RemoteFile fetched = RemoteFile.of(file)) {
                send(server, mode, fetched);
            }
        }

        private void send(RemoteServer server, String mode, RemoteFile fetched)
                throws IOException, InterruptedException {
            String datasetPath = "/datasets/" + quoted(dataset);
            String target = with(datasetPath + "/uploads", "name", fetched.name());
            for (var option : reading.entrySet()) target = with(target, option.getKey(), option.getValue());
            JsonNode upload = server.send(
                    server.request(target).timeout(Duration.ofHours(6)).POST(BodyPublishers.ofFile(fetched.file())));
            show(upload);
            if (!yes && !agreed("Commit it?")) throw new RemoteServer.Refused("nothing was committed.");
            Map<String, Object> commit = new LinkedHashMap<>();
            commit.put("upload", upload.path("upload").asString());
            commit.put("mode", mode);
            commit.put("mapping", mapping);
            commit.put("types", types);
            commit.put("evolve", evolve);
            commit.put("message", message);
            commit.put("branch", branch);
            JsonNode made = finished(server, server.post(datasetPath + "/versions", commit));
            System.out.printf(
                    "%s version %d: %d rows added, %d in all.%n",
                    dataset,
                    made.path("number").asLong(),
                    made.path("added_rows").asLong(),
                    made.path("rows").asLong());
        }

        private static void show(JsonNode upload) {
            for (JsonNode column : upload.path("columns")) {
                System.out.printf(
                        "  %-30s %s%n",
                        column.path("name").asString(), column.path("type").asString());
            }
            for (JsonNode problem : upload.path("problems")) System.out.println("  problem: " + problem.asString());
            String diff = upload.at("/diff/text").asString("");
            if (!diff.isEmpty()) System.out.println("Against the dataset:\n  " + diff);
        }
    }

    /// False where nobody can be asked.
    static boolean agreed(String question) {
        @Nullable Console console = System.console();
        if (console == null || !console.isTerminal()) return false;
        String answer = console.readLine("%s [y/N] ", question);
        return answer != null && answer.strip().equalsIgnoreCase("y");
    }

    /// Waits for work that was begun, when it was not done at once.
    static JsonNode finished(RemoteServer server, JsonNode answer) throws IOException, InterruptedException {
        JsonNode operation = answer;
        while (operation.path("state").asString("").equals("running")) {
            Thread.sleep(Duration.ofMillis(100));
            operation =
                    server.get("/operations/" + operation.path("operation_id").asString());
        }
        if (!operation.has("operation_id")) return operation;
        if (operation.path("state").asString("").equals("succeeded")) return operation.path("result");
        throw new RemoteServer.Refused(operation.at("/error/detail").asString("the commit was cancelled"));
    }
}
