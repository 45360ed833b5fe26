package io.millwright.server;

import static io.millwright.server.RemoteServer.with;

import java.io.InputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "promotions",
        description = "Looks at the promotions of a running server, and decides them.",
        synopsisSubcommandLabel = "COMMAND")
final class PromotionsCommand {
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists promotions, newest first.")
    int list(
            @Mixin RemoteOptions remote,
            @Option(names = "--model", paramLabel = "NAME", description = "Only those of this model.") @Nullable
                    String model,
            @Option(names = "--state", paramLabel = "STATE", description = "Only those in it, such as waiting.")
                    @Nullable
                    String state)
            throws InterruptedException {
        return remote.run(server -> {
            String target = "/promotions";
            if (model != null) target = with(target, "entity", "model:" + model);
            if (state != null) target = with(target, "state", state);
            server.forEach(target, "promotions", PromotionsCommand::printLine);
        });
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Shows a promotion with what its checks found and what happened to it.")
    int show(
            @Mixin RemoteOptions remote,
            @Parameters(paramLabel = "ID", description = "Its number.") long id,
            @Option(names = "--evidence", description = "The evidence alone, as JSON, byte for byte as it was hashed.")
                    boolean evidence)
            throws InterruptedException {
        return remote.run(server -> {
            if (!evidence) {
                print(server.get("/promotions/" + id));
                return;
            }
            try (InputStream in = server.download("/promotions/" + id + "/evidence")) {
                in.transferTo(System.out);
                System.out.flush();
            }
        });
    }

    @Command(name = "approve", mixinStandardHelpOptions = true, description = "Approves a promotion that is waiting.")
    int approve(@Mixin RemoteOptions remote, @Mixin Decision decision) throws InterruptedException {
        return decision.send(remote, "approve");
    }

    @Command(name = "reject", mixinStandardHelpOptions = true, description = "Rejects a promotion that is waiting.")
    int reject(@Mixin RemoteOptions remote, @Mixin Decision decision) throws InterruptedException {
        return decision.send(remote, "reject");
    }

    @Command(name = "cancel", mixinStandardHelpOptions = true, description = "Takes back what one has asked for.")
    int cancel(@Mixin RemoteOptions remote, @Mixin Decision decision) throws InterruptedException {
        return decision.send(remote, "cancel");
    }

    @Command(
            name = "rollback",
            mixinStandardHelpOptions = true,
            description = "Gives the alias back to the version that held it before a promotion.")
    int rollBack(
            @Mixin RemoteOptions remote,
            @Parameters(paramLabel = "ID", description = "The promotion to undo.") long id,
            @Option(
                            names = {"-m", "--reason"},
                            required = true,
                            paramLabel = "TEXT",
                            description = "Why.")
                    String reason)
            throws InterruptedException {
        return remote.run(server -> print(server.post("/promotions/" + id + "/rollback", Map.of("reason", reason))));
    }

    /// What the three commands that decide are told.
    static final class Decision {
        @Parameters(paramLabel = "ID", description = "Its number.")
        long id;

        @Option(
                names = {"-m", "--message"},
                paramLabel = "TEXT",
                description = "What to keep with the decision.")
        String message = "";

        int send(RemoteOptions remote, String verb) throws InterruptedException {
            return remote.run(
                    server -> print(server.post("/promotions/" + id + "/" + verb, Map.of("message", message))));
        }
    }

    private static void printLine(JsonNode one) {
        System.out.printf(
                "%-6d %-10s %s version %d: %s -> %s%s, asked by %s %s%n",
                one.path("id").asLong(),
                one.path("state").asString(),
                one.path("model").asString(),
                one.path("version").asLong(),
                one.path("from").asString(),
                one.path("to").asString(),
                one.path("alias").asString().isEmpty()
                        ? ""
                        : " (" + one.path("alias").asString() + ")",
                one.path("requester").asString(),
                one.path("requested_at").asString());
    }

    private static void print(JsonNode one) {
        printLine(one);
        System.out.printf(
                "  policy %s version %d, made by %s, expires %s%n",
                one.path("policy").asString(),
                one.path("policy_version").asLong(),
                one.path("author").asString(),
                one.path("expires_at").asString());
        if (!one.path("note").asString().isEmpty())
            System.out.println("  " + one.path("note").asString());
        for (JsonNode check : one.at("/evidence/checks")) {
            System.out.printf(
                    "  check %s: %s (%s)%n",
                    check.path("rule").asString(),
                    check.path("verdict").asString(),
                    check.path("explanation").asString());
        }
        if (!one.path("evidence_sha256").asString().isEmpty())
            System.out.println(
                    "  evidence sha256 " + one.path("evidence_sha256").asString());
        for (JsonNode step : one.path("history")) {
            System.out.printf(
                    "  %s %-10s %s %s%n",
                    step.path("at").asString(),
                    step.path("state").asString(),
                    step.path("actor").asString(),
                    step.path("note").asString());
        }
    }
}
