package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

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
}
