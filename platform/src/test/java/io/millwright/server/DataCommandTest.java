package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {
    @Test
    void a_file_is_added_and_another_appended_once_its_columns_fit(@TempDir Path folder) throws Exception {
        Path first = Files.writeString(folder.resolve("a.csv"), "id,city\n1,Ulm\n2,Bern\n");
        Path second = Files.writeString(folder.resolve("b.csv"), "id,town\n3,Graz\n");
        try (TestServer server = TestServer.start()) {
            String url = "--server=" + server.uri();

            CommandOutcome asked = CommandOutcome.run("data", "add", "c.people", first.toString(), url);
            CommandOutcome added = CommandOutcome.run("data", "add", "c.people", first.toString(), "--yes", url);
            CommandOutcome refused = CommandOutcome.run("data", "append", "c.people", second.toString(), "--yes", url);
            CommandOutcome mapped = CommandOutcome.run(
                    "data", "append", "c.people", second.toString(), "--yes", "--map", "town=city", url);

            assertThat(asked.err()).contains("nothing was committed");
            assertThat(added.out()).contains("city", "string", "c.people version 1: 2 rows added, 2 in all.");
            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.err()).contains("'city'", "'town'");
            assertThat(mapped.out()).contains("c.people version 2: 1 rows added, 3 in all.");
        }
    }

    @Test
    void a_dataset_is_listed_shown_compared_tagged_rolled_back_dropped_and_restored(@TempDir Path folder)
            throws Exception {
        Path first = Files.writeString(folder.resolve("a.csv"), "id,city\n1,Ulm\n2,Bern\n");
        Path second = Files.writeString(folder.resolve("b.csv"), "id,city,size\n3,Graz,7\n");
        try (TestServer server = TestServer.start()) {
            String url = "--server=" + server.uri();
            CommandOutcome.run("data", "add", "c.people", first.toString(), "--yes", "-m", "from the office", url);
            CommandOutcome.run("data", "append", "c.people", second.toString(), "--yes", "--evolve", url);

            assertThat(CommandOutcome.run("data", "list", url).out()).contains("c.people  2        3");
            assertThat(CommandOutcome.run("data", "list", "nosuchword", url).out())
                    .doesNotContain("c.people");
            assertThat(CommandOutcome.run("data", "show", "c.people", url).out())
                    .contains("version 2, 3 rows")
                    .containsPattern("city +string")
                    .containsPattern("size +long");
            assertThat(CommandOutcome.run("data", "versions", "c.people", url).out())
                    .containsPattern("2 +main +append +1 +0 +3")
                    .contains("from the office");
            assertThat(CommandOutcome.run("data", "diff", "c.people", "1", "2", url)
                            .out())
                    .contains("c.people version 1 -> 2", "rows       2 -> 3 (+1)")
                    .containsPattern("added +size  long")
                    .containsPattern("id +[0-9.]+ +[0-9.]+ +0.0% +1.500 -> 2.000 +2 -> 3 +new: 3");
            assertThat(CommandOutcome.run("data", "tag", "c.people", "validated/1", "--version", "1", url)
                            .out())
                    .contains("validated/1 is version 1");
            assertThat(CommandOutcome.run("data", "diff", "c.people", "2", "validated/1", url)
                            .out())
                    .containsPattern("removed +size");
            assertThat(CommandOutcome.run("data", "rollback", "c.people", "validated/1", url)
                            .out())
                    .contains("2 rows");
            assertThat(CommandOutcome.run("data", "tag", "c.people", "validated/1", "--delete", url)
                            .exitCode())
                    .isZero();
            assertThat(CommandOutcome.run("data", "drop", "c.people", url).out())
                    .contains("trash");
            assertThat(CommandOutcome.run("data", "show", "c.people", url).err())
                    .contains("no dataset 'c.people'");
            assertThat(CommandOutcome.run("data", "list", "--dropped", url).out())
                    .contains("c.people");
            assertThat(CommandOutcome.run("data", "restore", "c.people", url).out())
                    .contains("is back");
            assertThat(CommandOutcome.run("data", "versions", "c.people", url).exitCode())
                    .isZero();
        }
    }

    @Test
    void a_file_is_fetched_from_a_url_by_the_command_and_not_by_the_server() throws Exception {
        HttpServer files = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        files.createContext("/a.csv", exchange -> {
            byte[] body = "id\n1\n2\n".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        files.start();
        try (TestServer server = TestServer.start()) {
            String url = "--server=" + server.uri();
            String from = "http://127.0.0.1:" + files.getAddress().getPort();

            assertThat(CommandOutcome.run("data", "add", "c.remote", from + "/a.csv", "--yes", url)
                            .out())
                    .contains("2 rows added");
            assertThat(CommandOutcome.run("data", "add", "c.other", from + "/b.csv", "--yes", url)
                            .err())
                    .contains("answered 404");
            assertThat(CommandOutcome.run("data", "add", "c.other", from + "/", "--yes", url)
                            .err())
                    .contains("names no file");
        } finally {
            files.stop(0);
        }
    }
}
