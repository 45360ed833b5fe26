package io.millwright.server;

import static io.millwright.server.RemoteServer.quoted;
import static io.millwright.server.RemoteServer.with;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "token",
        description = {"API tokens of a running server. MILLWRIGHT_TOKEN says who asks.", ""},
        synopsisSubcommandLabel = "COMMAND")
final class TokenCommand {
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists tokens, without their texts.")
    int list(
            @Mixin RemoteOptions remote,
            @Option(names = "--owner", paramLabel = "NAME", description = "Whose (default: one's own).") @Nullable
                    String owner)
            throws InterruptedException {
        return remote.run(server -> server.get(owner == null ? "/tokens" : with("/tokens", "owner", owner))
                .path("tokens")
                .forEach(one -> System.out.printf(
                        "%s  %s  %s  expires %s  last used %s%n",
                        one.path("token_id").asString(),
                        one.path("name").asString(),
                        one.path("scope").asString("no scope"),
                        one.path("expires_at").asString("never"),
                        one.path("last_used_at").asString("never"))));
    }

    @Command(name = "create", mixinStandardHelpOptions = true, description = "Makes a token and prints it, this once.")
    int create(
            @Mixin RemoteOptions remote,
            @Parameters(paramLabel = "NAME", description = "What it is for.") String name,
            @Option(names = "--owner", paramLabel = "NAME", description = "For whom (default: oneself).") @Nullable
                    String owner,
            @Option(names = "--scope", paramLabel = "ROLE", description = "The role that caps what it may do.")
                    @Nullable
                    String scope,
            @Option(names = "--expires-in", paramLabel = "AGE", description = "Such as 12h, 90d (default: never).")
                    @Nullable
                    String expiresIn)
            throws InterruptedException {
        Map<String, String> fields = new LinkedHashMap<>(Map.of("name", name));
        if (owner != null) fields.put("owner", owner);
        if (scope != null) fields.put("scope", scope);
        if (expiresIn != null) {
            fields.put(
                    "expires_at",
                    Instant.now().plus(GcCommand.age("--expires-in", expiresIn)).toString());
        }
        return remote.run(server ->
                System.out.println(server.post("/tokens", fields).path("token").asString()));
    }

    @Command(name = "revoke", mixinStandardHelpOptions = true, description = "Ends a token at once.")
    int revoke(@Mixin RemoteOptions remote, @Parameters(paramLabel = "TOKEN_ID") String id)
            throws InterruptedException {
        return remote.run(server -> {
            server.delete("/tokens/" + quoted(id));
            System.out.println("Revoked " + id + ".");
        });
    }
}
