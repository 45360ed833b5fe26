package io.millwright.server;

import static io.millwright.server.RemoteServer.quoted;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "user",
        description = {"Users, service accounts and groups of a running server. MILLWRIGHT_TOKEN says who asks.", ""},
        synopsisSubcommandLabel = "COMMAND")
final class UserCommand {
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists users, service accounts and groups.")
    int list(@Mixin RemoteOptions remote) throws InterruptedException {
        return remote.run(server -> {
            for (String path : List.of("/users", "/service-accounts")) {
                server.forEach(
                        path,
                        "accounts",
                        one -> System.out.printf(
                                "%s%s%n",
                                one.path("subject").asString(),
                                one.path("has_password").asBoolean() ? "  (password)" : ""));
            }
            server.forEach(
                    "/groups",
                    "groups",
                    one -> System.out.println("group:" + one.path("name").asString()));
        });
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Makes a user, a service account or a group.")
    int create(
            @Mixin RemoteOptions remote,
            @Parameters(paramLabel = "SUBJECT", description = "user:NAME, service-account:NAME or group:NAME.")
                    String subject,
            @Option(names = "--password-stdin", description = "Reads the user's password from the standard input.")
                    boolean withPassword)
            throws IOException, InterruptedException {
        Who who = Who.of(subject);
        Map<String, String> fields =
                withPassword ? Map.of("name", who.name(), "password", readPassword()) : Map.of("name", who.name());
        return remote.run(server -> {
            server.post(who.list(), fields);
            System.out.println("Made " + subject + ".");
        });
    }

    @Command(
            name = "delete",
            mixinStandardHelpOptions = true,
            description = "Deletes a user, a service account or a group with its rights.")
    int delete(@Mixin RemoteOptions remote, @Parameters(paramLabel = "SUBJECT") String subject)
            throws InterruptedException {
        Who who = Who.of(subject);
        return remote.run(server -> {
            server.delete(who.list() + "/" + quoted(who.name()));
            System.out.println("Deleted " + subject + ".");
        });
    }

    @Command(
            name = "password",
            mixinStandardHelpOptions = true,
            description = "Sets a user's password, read from the standard input.")
    int password(@Mixin RemoteOptions remote, @Parameters(paramLabel = "NAME") String name)
            throws IOException, InterruptedException {
        String password = readPassword();
        return remote.run(server -> {
            server.put("/users/" + quoted(name) + "/password", Map.of("password", password));
            System.out.println("Set the password of " + name + ".");
        });
    }

    @Command(name = "join", mixinStandardHelpOptions = true, description = "Takes somebody into a group.")
    int join(
            @Mixin RemoteOptions remote,
            @Parameters(paramLabel = "GROUP") String group,
            @Parameters(paramLabel = "NAME") String member)
            throws InterruptedException {
        return remote.run(server -> {
            server.send(server.request(membership(group, member)).PUT(BodyPublishers.noBody()));
            System.out.println(member + " is in " + group + ".");
        });
    }

    @Command(name = "leave", mixinStandardHelpOptions = true, description = "Puts somebody out of a group.")
    int leave(
            @Mixin RemoteOptions remote,
            @Parameters(paramLabel = "GROUP") String group,
            @Parameters(paramLabel = "NAME") String member)
            throws InterruptedException {
        return remote.run(server -> {
            server.delete(membership(group, member));
            System.out.println(member + " is not in " + group + ".");
        });
    }

    private static String membership(String group, String member) {
        return "/groups/" + quoted(group) + "/members/" + quoted(member);
    }

    /// @param kind `user`, `service-account` or `group`
    private record Who(String kind, String name) {
        static Who of(String subject) {
            String[] parts = subject.split(":", 2);
            if (parts.length == 2 && List.of("user", "service-account", "group").contains(parts[0])) {
                return new Who(parts[0], parts[1]);
            }
            throw new SettingValues.WrongSetting(
                    "'" + subject + "' names nobody, expected user:NAME, service-account:NAME or group:NAME.");
        }

        String list() {
            return "/" + kind + "s";
        }
    }

    private static String readPassword() throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String line = in.readLine();
        if (line == null) throw new SettingValues.WrongSetting("There is no password on the standard input.");
        return line;
    }
}
