package io.millwright.server;

import static io.millwright.server.RemoteServer.quoted;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/// Commands about datasets that are there.
@SuppressWarnings("NullAway.Init") // Picocli sets the fields.
final class DatasetCommands {
    private DatasetCommands() {}

    /// One that names a dataset.
    abstract static class OfOne implements Callable<Integer>, RemoteOptions.Work {
        @Mixin
        RemoteOptions remote;

        @Parameters(index = "0", paramLabel = "DATASET", description = "As census.people.")
        String dataset;

        @Override
        public Integer call() throws InterruptedException {
            return remote.run(this);
        }

        String path() {
            return "/datasets/" + quoted(dataset);
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists datasets.")
    static final class ListAll implements Callable<Integer> {
        @Mixin
        RemoteOptions remote;

        @Parameters(
                arity = "0..*",
                paramLabel = "WORD",
                description = "Only those where all of these stand in names, columns, docs, owners or tags.")
        List<String> words = new ArrayList<>();

        @Option(names = "--dropped", description = "Those that can be restored.")
        boolean dropped;

        @Override
        public Integer call() throws InterruptedException {
            return remote.run(server -> {
                String target = dropped ? RemoteServer.with("/datasets", "dropped", "true") : "/datasets";
                if (!words.isEmpty()) target = RemoteServer.with(target, "search", String.join(" ", words));
                List<List<String>> lines = new ArrayList<>();
                server.forEach(target, "datasets", row -> lines.add(line(row)));
                columns(List.of("dataset", "version", "rows", "changed", "about"), lines);
            });
        }

        private static List<String> line(JsonNode row) {
            return List.of(
                    text(row, "/name"),
                    text(row, "/version/number"),
                    text(row, "/version/rows"),
                    moment(text(row, "/changed_at")),
                    text(row, "/comment"));
        }
    }

    @Command(name = "show", mixinStandardHelpOptions = true, description = "Tells what a dataset is.")
    static final class Show extends OfOne {
        @Override
        public void with(RemoteServer server) throws IOException, InterruptedException {
            JsonNode told = server.get(path());
            System.out.printf("%s  %s%n", told.path("name").asString(), text(told, "/comment"));
            if (told.has("version")) {
                System.out.printf(
                        "version %s, %s rows, by %s at %s%n",
                        text(told, "/version/number"),
                        text(told, "/version/rows"),
                        text(told, "/version/committed_by"),
                        moment(text(told, "/version/committed_at")));
            } else {
                System.out.println("no version yet");
            }
            for (JsonNode ref : told.path("refs")) {
                System.out.printf(
                        "%s %s -> version %s%n", text(ref, "/type"), text(ref, "/name"), text(ref, "/version"));
            }
            List<List<String>> lines = new ArrayList<>();
            for (JsonNode column : told.path("columns")) {
                String required = column.path("required").asBoolean() ? "required" : "";
                lines.add(List.of(
                        text(column, "/path"),
                        text(column, "/type"),
                        required,
                        text(column, "/unit"),
                        text(column, "/doc")));
            }
            columns(List.of("column", "type", "", "unit", "about"), lines);
        }
    }

    @Command(name = "versions", mixinStandardHelpOptions = true, description = "Lists versions, the latest first.")
    static final class Versions extends OfOne {
        @Override
        public void with(RemoteServer server) throws IOException, InterruptedException {
            List<List<String>> lines = new ArrayList<>();
            server.forEach(path() + "/versions", "versions", version -> lines.add(line(version)));
            columns(List.of("version", "branch", "what", "added", "deleted", "rows", "at", "by", "message"), lines);
        }

        private static List<String> line(JsonNode version) {
            String gone = version.has("expired_at") ? " (removed)" : "";
            return List.of(
                    text(version, "/number") + gone,
                    text(version, "/branch"),
                    text(version, "/operation"),
                    text(version, "/added_rows"),
                    text(version, "/deleted_rows"),
                    text(version, "/rows"),
                    moment(text(version, "/committed_at")),
                    text(version, "/committed_by"),
                    text(version, "/message"));
        }
    }

    @Command(name = "diff", mixinStandardHelpOptions = true, description = "Tells what differs between two versions.")
    static final class Diff extends OfOne {
        @Parameters(index = "1", paramLabel = "FROM", description = "A version's number or a tag.")
        String from;

        @Parameters(index = "2", arity = "0..1", paramLabel = "TO", description = "The same; the latest without it.")
        String to = "";

        @Override
        public void with(RemoteServer server) throws IOException, InterruptedException {
            String target = RemoteServer.with(path() + "/diff", "from", from);
            JsonNode diff = server.get(to.isEmpty() ? target : RemoteServer.with(target, "to", to));
            System.out.printf("%s version %s -> %s%n", dataset, text(diff, "/from/number"), text(diff, "/to/number"));
            for (String figure : List.of("rows", "files", "size_bytes")) {
                long before = diff.at("/" + figure + "/before").asLong();
                long after = diff.at("/" + figure + "/after").asLong();
                System.out.printf("  %-10s %,d -> %,d (%+,d)%n", figure, before, after, after - before);
            }
            if (diff.path("columns").isEmpty()) System.out.println("  the same columns");
            for (JsonNode column : diff.path("columns")) {
                System.out.printf("  %-8s %s  %s%n", text(column, "/change"), text(column, "/path"), change(column));
            }
            moved(server);
        }

        /// What the values of columns that are in both did.
        private void moved(RemoteServer server) throws IOException, InterruptedException {
            String target = RemoteServer.with(path() + "/profile/diff", "from", from);
            JsonNode diff = server.get(to.isEmpty() ? target : RemoteServer.with(target, "to", to));
            List<List<String>> lines = new ArrayList<>();
            for (JsonNode column : diff.path("columns")) {
                if (column.has("moved")) lines.add(line(column));
            }
            if (lines.isEmpty()) return;
            lines.sort((a, b) -> Double.compare(number(b.get(1)), number(a.get(1))));
            System.out.println();
            columns(List.of("column", "psi", "ks", "nulls", "mean", "distinct", ""), lines);
        }

        private static List<String> line(JsonNode column) {
            return List.of(
                    text(column, "/name"),
                    figure(column.at("/moved/psi")),
                    figure(column.at("/moved/ks")),
                    both(share(column.at("/moved/null_share_before")), share(column.at("/moved/null_share_after"))),
                    both(figure(column.at("/before/mean")), figure(column.at("/after/mean"))),
                    both(text(column, "/before/distinct/estimate"), text(column, "/after/distinct/estimate")),
                    words("new: ", column.at("/moved/appeared")) + words("gone: ", column.at("/moved/gone")));
        }

        private static String both(String before, String after) {
            return before.equals(after) ? after : before + " -> " + after;
        }

        private static double number(String text) {
            return text.isEmpty() ? 0 : Double.parseDouble(text);
        }

        private static String figure(JsonNode value) {
            if (!value.isNumber()) return value.isString() ? value.stringValue() : "";
            double number = value.doubleValue();
            return String.format(Locale.ROOT, Math.abs(number) < 1000 ? "%.3f" : "%.0f", number);
        }

        private static String share(JsonNode value) {
            return String.format(Locale.ROOT, "%.1f%%", value.asDouble(0) * 100);
        }

        private static String words(String what, JsonNode values) {
            if (values.isEmpty()) return "";
            List<String> some = values.valueStream()
                    .limit(3)
                    .map(value -> value.asString(""))
                    .toList();
            return what + String.join(", ", some) + (values.size() > 3 ? " … " : " ");
        }

        private static String change(JsonNode column) {
            String before = text(column, "/before");
            String after = text(column, "/after");
            if (before.isEmpty() || after.isEmpty()) return before + after;
            return before.equals(after) ? after : before + " -> " + after;
        }
    }

    @Command(name = "tag", mixinStandardHelpOptions = true, description = "Gives a version a name, or takes it away.")
    static final class Tag extends OfOne {
        @Parameters(index = "1", paramLabel = "NAME", description = "As validated/2015.")
        String name;

        @Option(names = "--version", paramLabel = "N", description = "Which version (default: the latest).")
        String version = "";

        @Option(names = "--delete", description = "Takes the name away.")
        boolean delete;

        @Override
        public void with(RemoteServer server) throws IOException, InterruptedException {
            if (delete) {
                server.delete(RemoteServer.with(path() + "/tags", "name", name));
                System.out.println("The tag is gone; the version stays.");
                return;
            }
            Map<String, Object> body = new LinkedHashMap<>(Map.of("name", name));
            if (!version.isEmpty()) body.put("version", version);
            JsonNode tagged = server.post(path() + "/tags", body);
            System.out.printf("%s is version %s of %s.%n", name, text(tagged, "/number"), dataset);
        }
    }

    @Command(
            name = "rollback",
            mixinStandardHelpOptions = true,
            description = "Has main stand at an older version; what came after stays listed.")
    static final class RollBack extends OfOne {
        @Parameters(index = "1", paramLabel = "VERSION", description = "A version's number or a tag.")
        String version;

        @Option(
                names = {"-m", "--message"},
                paramLabel = "TEXT",
                description = "Why.")
        String message = "";

        @Override
        public void with(RemoteServer server) throws IOException, InterruptedException {
            JsonNode now = server.post(path() + "/rollback", Map.of("version", version, "message", message));
            System.out.printf("%s stands at version %s: %s rows.%n", dataset, text(now, "/number"), text(now, "/rows"));
        }
    }

    @Command(
            name = "compact",
            mixinStandardHelpOptions = true,
            description = "Makes large files of small ones; the rows stay the same.")
    static final class Compact extends OfOne {
        @Override
        public void with(RemoteServer server) throws IOException, InterruptedException {
            JsonNode done = DataCommand.finished(server, server.post(path() + "/compact", Map.of()));
            System.out.printf(
                    "%s: %s files are %s now, %,d bytes are %,d.%n",
                    dataset,
                    text(done, "/files_before"),
                    text(done, "/files_after"),
                    done.path("bytes_before").asLong(),
                    done.path("bytes_after").asLong());
        }
    }

    @Command(
            name = "erase",
            mixinStandardHelpOptions = true,
            description = "Takes rows out of every version, for good: for somebody who must be forgotten.")
    static final class Erase extends OfOne {
        @Option(names = "--where", required = true, paramLabel = "CONDITION", description = "As citizen_id = 4711.")
        String where;

        @Option(
                names = "--reason",
                required = true,
                paramLabel = "TEXT",
                description = "Kept in the ledger, where the condition is not.")
        String reason;

        @Option(names = "--dry-run", description = "Only tells what would be removed.")
        boolean dryRun;

        @Option(names = "--yes", description = "Does not ask.")
        boolean yes;

        @Override
        public void with(RemoteServer server) throws IOException, InterruptedException {
            JsonNode preview = asked(server, true);
            System.out.printf(
                    "%s rows in %s files; versions that go: %s; made anew without the rows: %s.%n",
                    text(preview, "/rows"),
                    text(preview, "/files"),
                    joined(preview, "versions_removed"),
                    joined(preview, "made_anew"));
            if (dryRun || preview.path("rows").asLong() == 0) return;
            if (!yes && !DataCommand.agreed("Erase them? Nothing brings them back.")) {
                throw new RemoteServer.Refused("nothing was erased.");
            }
            JsonNode done = asked(server, false);
            System.out.printf("%s: erased. Receipt: %s%n", dataset, text(done, "/receipt"));
        }

        private JsonNode asked(RemoteServer server, boolean preview) throws IOException, InterruptedException {
            Map<String, Object> wish = Map.of("where", where, "reason", reason, "dry_run", preview);
            return DataCommand.finished(server, server.post(path() + "/erase", wish));
        }

        private static String joined(JsonNode told, String field) {
            List<String> all =
                    told.path(field).valueStream().map(JsonNode::asString).toList();
            return all.isEmpty() ? "none" : String.join(", ", all);
        }
    }

    @Command(name = "drop", mixinStandardHelpOptions = true, description = "Moves a dataset to the trash.")
    static final class Drop extends OfOne {
        @Override
        public void with(RemoteServer server) throws IOException, InterruptedException {
            server.delete(path());
            System.out.printf(
                    "%s is in the trash. ./millwright data restore %s brings it back until gc takes it away.%n",
                    dataset, dataset);
        }
    }

    @Command(name = "restore", mixinStandardHelpOptions = true, description = "Brings a dataset back from the trash.")
    static final class Restore extends OfOne {
        @Override
        public void with(RemoteServer server) throws IOException, InterruptedException {
            server.post(path() + "/restore", Map.of());
            System.out.printf("%s is back.%n", dataset);
        }
    }

    private static String text(JsonNode node, String pointer) {
        JsonNode value = node.at(pointer);
        return value.isMissingNode() || value.isNull() ? "" : value.asString("");
    }

    private static String moment(String iso) {
        return iso.length() < 19 ? iso : iso.substring(0, 19).replace('T', ' ');
    }

    private static void columns(List<String> head, List<List<String>> lines) {
        TextTable table = new TextTable(head);
        lines.forEach(table::add);
        table.print(System.out, false);
    }
}
