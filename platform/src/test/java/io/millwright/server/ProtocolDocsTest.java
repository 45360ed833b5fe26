package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.http.Dialect;
import io.millwright.http.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The documents say what is served: every route, and none that is not.
class ProtocolDocsTest {
    private static final Path MLFLOW = Path.of("../docs/protocols/mlflow.md");
    private static final Path INVOCATIONS = Path.of("../docs/protocols/invocations.md");
    private static final Path ICEBERG = Path.of("../docs/protocols/iceberg.md");
    private static final Path OPENLINEAGE = Path.of("../docs/protocols/openlineage.md");
    private static final Path OIP = Path.of("../docs/protocols/oip.md");
    private static final Pattern ROUTE = Pattern.compile("`(GET|HEAD|POST|PUT|PATCH|DELETE) ([^`]+)`");

    @Test
    void the_document_names_every_route_of_mlflows_and_no_other() throws IOException {
        try (TestServer server = TestServer.start()) {
            assertThat(documented(MLFLOW))
                    .isEqualTo(served(
                            server, route -> route.dialect() == Dialect.MLFLOW && !isScoring(route) || isPlain(route)));
        }
    }

    @Test
    void the_document_names_every_route_of_the_scoring_servers_and_no_other() throws IOException {
        try (TestServer server = TestServer.start()) {
            assertThat(documented(INVOCATIONS)).isEqualTo(served(server, ProtocolDocsTest::isScoring));
        }
    }

    private static boolean isScoring(Route route) {
        return route.path().endsWith("/invocations") || route.path().equals("/ping");
    }

    @Test
    void the_document_names_every_route_of_icebergs_and_no_other() throws IOException {
        try (TestServer server = TestServer.start()) {
            assertThat(documented(ICEBERG)).isEqualTo(served(server, route -> route.dialect() == Dialect.ICEBERG));
        }
    }

    @Test
    void the_document_names_every_route_of_openlineages_and_no_other() throws IOException {
        try (TestServer server = TestServer.start()) {
            assertThat(documented(OPENLINEAGE))
                    .isEqualTo(served(server, route -> route.dialect() == Dialect.OPENLINEAGE));
        }
    }

    @Test
    void the_document_names_every_route_of_open_inference_and_no_other() throws IOException {
        try (TestServer server = TestServer.start()) {
            assertThat(documented(OIP))
                    .isEqualTo(
                            served(server, route -> route.dialect() == Dialect.OIP || route.dialect() == Dialect.GRPC));
        }
    }

    /// Probes and the web UI stand beside MLflow's.
    private static boolean isPlain(Route route) {
        return route.dialect() == Dialect.PLAIN;
    }

    private static Set<String> documented(Path document) throws IOException {
        Set<String> routes = new TreeSet<>();
        String below = "";
        for (String line : Files.readAllLines(document)) {
            if (line.startsWith("## ")) below = "";
            if (line.startsWith("Paths are below `")) below = line.split("`")[1];
            if (!line.startsWith("| `")) continue;
            String prefix = below;
            ROUTE.matcher(line.split(" \\| ")[0]).results().forEach(found -> {
                String path = found.group(2);
                routes.add(found.group(1) + " " + (path.startsWith("/") ? path : prefix + path));
            });
        }
        return routes;
    }

    private static Set<String> served(TestServer server, Predicate<Route> which) {
        return server.routes().stream()
                .filter(which)
                .filter(route -> !route.path().startsWith("/ajax-api/"))
                .map(ProtocolDocsTest::text)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String text(Route route) {
        return route.method() + " " + route.path();
    }
}
