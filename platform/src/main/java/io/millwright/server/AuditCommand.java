package io.millwright.server;

import static io.millwright.server.RemoteServer.with;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
        name = "audit",
        description = {
            "Shows who did what, newest first, or exports it with the proof that it was not altered.",
            "",
            "Asks a running server; with MILLWRIGHT_TOKEN as whoever that token belongs to.",
            ""
        },
        footer = {
            "",
            "Examples: ./millwright audit --actor ann --since 7d",
            "          ./millwright audit --entity 'model-version:churn/*' --action 'model-version.*'",
            "          ./millwright audit --from 2026-01-01 --to 2026-02-01 --export january.jsonl, and without any server:",
            "          ./millwright ledger verify --export january.jsonl --excerpt"
        })
@SuppressWarnings("NullAway.Init") // Picocli sets the fields.
final class AuditCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Mixin
    RemoteOptions remote = new RemoteOptions();

    @Option(names = "--actor", paramLabel = "NAME", description = "What this one did.")
    @Nullable
    String actor;

    @Option(
            names = "--entity",
            paramLabel = "URN",
            description = "What was done to this, such as model:churn; a * at the end stands for anything.")
    @Nullable
    String entity;

    @Option(
            names = "--action",
            paramLabel = "NAME",
            description = "Such as run.deleted; a * at the end stands for anything.")
    @Nullable
    String action;

    @Option(names = "--request", paramLabel = "ID", description = "What this request did; its id is X-Request-Id.")
    @Nullable
    String request;

    @Option(names = "--from", paramLabel = "TIME", description = "From this date or ISO 8601 time on.")
    @Nullable
    String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Before this date or ISO 8601 time.")
    @Nullable
    String to;

    @Option(names = "--since", paramLabel = "AGE", description = "Instead of --from: 15m, 12h, 30d.")
    @Nullable
    String since;

    @Option(names = "--all-workspaces", description = "In whatever workspace.")
    boolean allWorkspaces;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100",
            description = "At most so many (default: 100; 0 for all). An export has no limit.")
    long limit;

    @Option(
            names = "--export",
            paramLabel = "FILE",
            description = "Writes them as lines of JSON with their proofs into a new file.")
    @Nullable
    Path export;

    @Option(names = "--json", description = "Prints each as one line of JSON.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        String query = query();
        Path file = export;
        return remote.run(server -> {
            if (file == null) print(server, query);
            else write(server, query, file);
        });
    }

    private String query() {
        if (since != null && from != null) throw usage("--since and --from say the same; give one of them.");
        String query = "?all_workspaces=" + allWorkspaces;
        if (actor != null) query = with(query, "actor", actor);
        if (entity != null) query = with(query, "entity", entity);
        if (action != null) query = with(query, "action", action);
        if (request != null) query = with(query, "request_id", request);
        if (since != null) query = with(query, "from", before(since).toString());
        if (from != null) query = with(query, "from", from);
        if (to != null) query = with(query, "to", to);
        return query;
    }

    private Instant before(String age) {
        try {
            Duration duration = GcCommand.age("--since", age);
            return Instant.now().minus(duration).truncatedTo(ChronoUnit.SECONDS);
        } catch (SettingValues.WrongSetting e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void print(RemoteServer server, String query) throws IOException, InterruptedException {
        long left = limit <= 0 ? Long.MAX_VALUE : limit;
        Optional<String> token = Optional.empty();
        do {
            String target = with("/audit/events" + query, "max_results", Long.toString(Math.min(left, 500)));
            JsonNode page =
                    server.get(token.map(t -> with(target, "page_token", t)).orElse(target));
            for (JsonNode event : page.path("events")) {
                System.out.println(json ? event.toString() : line(event));
                left--;
            }
            token = page.path("next_page_token").asStringOpt();
        } while (left > 0 && token.isPresent());
        if (token.isPresent()) System.err.println("millwright: there is more; --limit 0 shows everything.");
    }

    private static String line(JsonNode event) {
        return "%-24s  %-16s  %-26s  %s  %s"
                .formatted(
                        event.path("at").asString(),
                        event.path("actor").asString(),
                        event.path("action").asString(),
                        event.path("entity").asString(),
                        event.path("payload"));
    }

    private void write(RemoteServer server, String query, Path file) throws IOException, InterruptedException {
        if (Files.exists(file)) throw usage(file + " exists and stays as it is. Name a new file with --export.");
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (InputStream body = server.download("/audit/export" + query)) {
            Files.copy(body, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(part);
            throw e;
        }
        System.out.printf(
                "Wrote %s. It is checked without the server by: millwright ledger verify --export %s --excerpt%n",
                file, file);
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
