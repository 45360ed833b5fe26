package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.ledger.TestDatabases;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the program says when it cannot do what was asked: one line, what to do, no stack trace.
class MainTest {
    @TempDir
    Path folder;

    private String home;

    @BeforeEach
    void nameHome() {
        home = folder.resolve("home").toString();
    }

    private record Outcome(int exitCode, String err) {}

    private static Outcome run(String... arguments) {
        PrintStream before = System.err;
        var captured = new ByteArrayOutputStream();
        System.setErr(new PrintStream(captured, true, StandardCharsets.UTF_8));
        try {
            return new Outcome(Main.run(arguments), captured.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
        }
    }

    private static void assertTold(String part, String... arguments) {
        Outcome outcome = run(arguments);

        List<String> told =
                outcome.err().lines().filter(line -> !line.startsWith("20")).toList(); // But for the log.
        assertThat(told).hasSize(1);
        assertThat(told.getFirst()).startsWith("millwright: ").contains(part).doesNotContain("Exception");
        assertThat(outcome.exitCode()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gs://bucket",
                "http://host/bucket",
                "s3://",
                "s3:///prefix",
                "s3://a bucket",
                "s3://bucket/%zz",
                "file://host/folder",
                "://",
                "S4://x"
            })
    void artifacts_at_a_place_it_does_not_know(String place) {
        for (String command : new String[] {"server", "config", "gc"}) {
            assertTold(
                    "expected a folder, file:///folder or s3://bucket/prefix",
                    command,
                    "--home",
                    home,
                    "--artifacts",
                    place);
        }
    }

    @Test
    void a_home_that_is_a_file() throws IOException {
        Files.writeString(Path.of(home), "x");

        assertTold(home, "server", "--home", home, "--port", "0");
        assertTold(home, "server", "--home", home + "/below", "--port", "0");
    }

    @Test
    void a_home_that_cannot_be_made() {
        assertTold("/proc/nowhere", "server", "--home", "/proc/nowhere", "--port", "0");
        assertTold("home is no path", "server", "--home", "a\0b");
    }

    @Test
    void an_artifact_folder_that_is_a_file() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");

        assertTold(file.toString(), "server", "--home", home, "--port", "0", "--artifacts", file.toString());
    }

    @Test
    void a_database_file_that_is_none() throws IOException {
        Files.createDirectories(Path.of(home));
        Files.writeString(Path.of(home, "millwright.db"), "This is a text and no database. ".repeat(1000));

        assertTold("no SQLite database", "server", "--home", home, "--port", "0");
        assertTold("no SQLite database", "gc", "--home", home, "--dry-run");
    }

    @Test
    void a_port_in_use() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertTold(
                    "Choose another --port", "server", "--home", home, "--port", String.valueOf(taken.getLocalPort()));
        }
    }

    @Test
    void an_address_that_is_not_this_machines() {
        assertTold(
                "Cannot listen on 203.0.113.7",
                "server",
                "--home",
                home,
                "--port",
                "0",
                "--host",
                "203.0.113.7",
                "--set",
                "server.trust-network=true");
    }

    @Test
    void a_database_url_that_is_none_or_leads_nowhere() throws IOException {
        assertTold("expected postgresql://", "server", "--home", home, "--db", "mysql://host/db");
        assertTold("db is not a URL", "server", "--home", home, "--db", "postgresql://user:p^ss@host/db");
        assertTold("postgresql://user:password@host", "server", "--home", home, "--db", "postgresql:///db");
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url =
                    "postgresql://user@127.0.0.1:" + closed.getLocalPort() + "/db?connectTimeout=1&socketTimeout=1";
            assertTold("cannot be used", "server", "--home", home, "--db", url);
        }
        String existing = TestDatabases.postgresUri().toString();
        assertTold(
                "cannot be used",
                "server",
                "--home",
                home,
                "--db",
                existing.replaceFirst("/[^/?]*(\\?|$)", "/nowhere$1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gc",
                "audit",
                "user list",
                "user create group:team",
                "user join team ann",
                "token create nightly",
                "grant list --of user:ann",
                "grant remove 3",
                "policy show",
                "promotions approve 17 -m no",
            })
    void a_server_that_does_not_run(String command) throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        String server = "http://127.0.0.1:" + port;

        assertTold(server + ": Nobody answers at that address", (command + " --server " + server).split(" "));
    }

    @Test
    void settings_that_are_wrong_or_unknown() throws IOException {
        assertTold("server.port is 'abc'", "server", "--home", home, "--port", "abc");
        assertTold("Did you mean 'server.port'", "server", "--home", home, "--set", "server.prot=1");
        assertTold("cannot be read", "server", "--config", folder.toString());
        assertTold(
                "nowhere.yaml",
                "config",
                "--config",
                folder.resolve("nowhere.yaml").toString());
        assertTold(
                "not valid YAML",
                "config",
                "--config",
                Files.writeString(folder.resolve("x"), "a: [").toString());
    }
}
