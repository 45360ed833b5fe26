package io.millwright.server;

import io.millwright.http.Route;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The whole server, in this process: on a temporary home with SQLite unless told otherwise, on a free port.
public final class TestServer implements AutoCloseable {
    private final Path home;
    private final boolean temporary;
    private final Assembly assembly;

    private TestServer(Path home, boolean temporary, Assembly assembly) {
        this.home = home;
        this.temporary = temporary;
        this.assembly = assembly;
    }

    public static TestServer start() {
        return start(Map.of());
    }

    /// @param settings by key, as in `millwright.yaml`; a `home` given here is kept when the server closes
    public static TestServer start(Map<String, String> settings) {
        try {
            Map<String, String> all = new HashMap<>(Map.of("server.port", "0"));
            all.putAll(settings);
            boolean temporary = !settings.containsKey("home");
            Path home = temporary
                    ? Files.createTempDirectory("millwright-test-").resolve("home")
                    : Path.of(settings.get("home"));
            all.put("home", home.toString());
            return new TestServer(
                    home, temporary, Assembly.start(Settings.read(SettingValues.of(all, Map.of(), null))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI uri() {
        return assembly.uri();
    }

    List<Route> routes() {
        return assembly.routes();
    }

    /// Of a server that was started with `server.authentication=on` on a home of its own.
    public String administratorToken() {
        return assembly.firstAdministratorToken().orElseThrow();
    }

    public Path home() {
        return home;
    }

    /// Stops as SIGTERM does: after the requests in progress.
    @Override
    public void close() {
        assembly.close();
        // Its parent is its own, too: what lies beside it was left by a test.
        if (temporary) delete(Objects.requireNonNull(home.getParent()));
    }

    private static void delete(Path folder) {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
