package io.millwright.server;

import static io.millwright.server.RemoteServer.quoted;
import static io.millwright.server.RemoteServer.with;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "grant",
        description = {
            "Who may do what on a running server. MILLWRIGHT_TOKEN says who asks.",
            "",
            "A subject is user:NAME, service-account:NAME or group:NAME; an entity is workspace:NAME, workspace:*,",
            "experiment:ID, run:ID, logged-model:ID, model:NAME or model-version:NAME/NUMBER.",
            ""
        },
        synopsisSubcommandLabel = "COMMAND")
final class GrantCommand {
    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the grants and denials of a subject or on an entity.")
    int list(
            @Mixin RemoteOptions remote,
            @Option(names = "--of", paramLabel = "SUBJECT") @Nullable String subject,
            @Option(names = "--on", paramLabel = "ENTITY") @Nullable String entity)
            throws InterruptedException {
        if ((subject == null) == (entity == null)) {
            throw new SettingValues.WrongSetting("Give one of --of SUBJECT and --on ENTITY.");
        }
        String target = subject != null
                ? with("/grants", "subject", subject)
                : with("/grants", "entity", String.valueOf(entity));
        return remote.run(server -> server.forEach(target, "grants", GrantCommand::print));
    }

    @Command(name = "add", mixinStandardHelpOptions = true, description = "Gives a role.")
    int add(
            @Mixin RemoteOptions remote,
            @Parameters(paramLabel = "SUBJECT") String subject,
            @Parameters(
                            paramLabel = "ROLE",
                            description = "viewer, contributor, approver, auditor, maintainer, admin, alias-only or"
                                    + " assessment-only.")
                    String role,
            @Parameters(paramLabel = "ENTITY") String entity)
            throws InterruptedException {
        return post(remote, Map.of("subject", subject, "role", role, "entity", entity));
    }

    @Command(name = "deny", mixinStandardHelpOptions = true, description = "Takes a right, whatever is granted.")
    int deny(
            @Mixin RemoteOptions remote,
            @Parameters(paramLabel = "SUBJECT") String subject,
            @Parameters(
                            paramLabel = "RIGHT",
                            description = "read (which takes all), write, alias, assess, approve, audit or manage.")
                    String right,
            @Parameters(paramLabel = "ENTITY") String entity)
            throws InterruptedException {
        return post(remote, Map.of("subject", subject, "deny", right, "entity", entity));
    }

    private static int post(RemoteOptions remote, Map<String, String> fields) throws InterruptedException {
        return remote.run(server -> print(server.post("/grants", fields)));
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Removes a grant or a denial.")
    int remove(@Mixin RemoteOptions remote, @Parameters(paramLabel = "GRANT_ID") String id)
            throws InterruptedException {
        return remote.run(server -> {
            server.delete("/grants/" + quoted(id));
            System.out.println("Removed " + id + ".");
        });
    }

    private static void print(JsonNode grant) {
        System.out.printf(
                "%s  %s  %s  %s  %s%n",
                grant.path("grant_id").asString(),
                grant.path("subject").asString(),
                grant.has("role")
                        ? grant.path("role").asString()
                        : "deny " + grant.path("deny").asString(),
                grant.path("workspace").asString(),
                grant.path("entity").asString());
    }
}
