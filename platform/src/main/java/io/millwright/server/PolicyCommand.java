package io.millwright.server;

import static io.millwright.server.RemoteServer.quoted;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

@Command(
        name = "policy",
        description = "Works on the promotion policies of a running server.",
        synopsisSubcommandLabel = "COMMAND")
final class PolicyCommand {
    private static final Pattern NAME = Pattern.compile("(?m)^policy:[ \\t]*[\"']?([^\"'#\\s]+)");

    @Command(name = "apply", mixinStandardHelpOptions = true, description = "Puts the policy in a YAML file in force.")
    int apply(
            @Mixin RemoteOptions remote,
            @Parameters(paramLabel = "FILE", description = "The policy.") Path file,
            @Option(
                            names = "--replaces",
                            paramLabel = "VERSION",
                            description = "Only if this version is in force; 0 for none.")
                    @Nullable
                    Long replaces)
            throws IOException, InterruptedException {
        String document = Files.readString(file);
        return remote.run(server -> {
            HttpRequest.Builder request = put(server, document, "");
            if (replaces != null) {
                if (replaces == 0) request.header("if-none-match", "*");
                else request.header("if-match", "\"" + replaces + "\"");
            }
            JsonNode policy = server.send(request);
            System.out.printf(
                    "%s version %d is in force.%n",
                    policy.path("name").asString(), policy.path("version").asLong());
        });
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "Checks a policy's file as if it were applied, and changes nothing.")
    int check(@Mixin RemoteOptions remote, @Parameters(paramLabel = "FILE", description = "The policy.") Path file)
            throws IOException, InterruptedException {
        String document = Files.readString(file);
        return remote.run(server -> {
            JsonNode policy = server.send(put(server, document, "?dry_run=true"));
            System.out.printf(
                    "%s is well; applied, version %d would be in force.%n",
                    policy.path("name").asString(), policy.path("version").asLong());
        });
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Prints a policy as it was applied; without a name, lists those in force.")
    int show(
            @Mixin RemoteOptions remote,
            @Parameters(arity = "0..1", paramLabel = "NAME", description = "The policy.") @Nullable String name,
            @Option(names = "--version-number", paramLabel = "VERSION", description = "An earlier version of it.")
                    @Nullable
                    Long version)
            throws InterruptedException {
        return remote.run(server -> {
            if (name == null) {
                server.forEach(
                        "/policies",
                        "policies",
                        one -> System.out.printf(
                                "%-30s version %-4d %s by %s%n",
                                one.path("name").asString(),
                                one.path("version").asLong(),
                                one.path("applied_at").asString(),
                                one.path("applied_by").asString()));
                return;
            }
            JsonNode policy = server.get("/policies/" + quoted(name) + (version == null ? "" : "/versions/" + version));
            System.out.printf(
                    "# %s version %d, applied %s by %s%n%s",
                    policy.path("name").asString(),
                    policy.path("version").asLong(),
                    policy.path("applied_at").asString(),
                    policy.path("applied_by").asString(),
                    policy.path("document").asString());
        });
    }

    private static HttpRequest.Builder put(RemoteServer server, String document, String query) {
        Matcher matcher = NAME.matcher(document);
        // Without a name, the server tells what else is wrong with the file.
        String name = matcher.find() ? matcher.group(1) : "unnamed";
        return server.request("/policies/" + quoted(name) + query)
                .header("content-type", "application/yaml")
                .PUT(BodyPublishers.ofString(document));
    }
}
