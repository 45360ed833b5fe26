package io.millwright.server;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How a command reaches the running server that does its work.
@SuppressWarnings("NullAway.Init") // Picocli sets the fields.
final class RemoteOptions {
    @Option(
            names = "--server",
            paramLabel = "URL",
            defaultValue = "${env:MILLWRIGHT_URL:-http://127.0.0.1:8484}",
            description = "The running server (default: what MILLWRIGHT_URL says, or http://127.0.0.1:8484).")
    URI server;

    @Option(names = "--workspace", paramLabel = "NAME", description = "Which workspace is meant (default: default).")
    @Nullable
    String workspace;

    /// What a command asks a server.
    @FunctionalInterface
    interface Work {
        void with(RemoteServer server) throws IOException, InterruptedException;
    }

    /// Does the work; a token comes from `MILLWRIGHT_TOKEN` alone, since a command line is there for everybody to see.
    ///
    /// @return the exit code
    int run(Work work) throws InterruptedException {
        return run(server, workspace, work);
    }

    static int run(URI server, @Nullable String workspace, Work work) throws InterruptedException {
        String token = System.getenv().getOrDefault("MILLWRIGHT_TOKEN", "").strip();
        try (RemoteServer remote = new RemoteServer(server, workspace, token.isEmpty() ? null : token)) {
            work.with(remote);
            return 0;
        } catch (RemoteServer.Refused e) {
            System.err.println("millwright: " + server + " answered " + e.getMessage());
            return 1;
        } catch (IOException e) {
            String where = e instanceof FileSystemException ? "" : server + ": ";
            System.err.println("millwright: " + where + CommandFailure.reason(e));
            return 1;
        }
    }
}
