package io.millwright.lake.query;

import io.millwright.http.Json;
import io.millwright.lake.Folders;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// A [SandboxProcess] as the server sees it; used by one query at a time.
final class Worker {
    private static final Logger log = LoggerFactory.getLogger(Worker.class);
    private static final int LARGEST_FRAME = 64 << 20;
    private static final int PAGE_BYTES = 4096;
    private static final int MOST_OUTPUT = 2_000;

    private final Process process;
    private final Path folder;
    private final DataOutputStream in;
    private final DataInputStream out;

    private Worker(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
        this.in = new DataOutputStream(process.getOutputStream());
        this.out = new DataInputStream(new BufferedInputStream(process.getInputStream(), 128 * 1024));
    }

    /// It ended, or was ended, in the middle of a request.
    static final class Gone extends IOException {
        private static final long serialVersionUID = 1;

        Gone(String message) {
            super(message);
        }
    }

    /// @param name new, of a folder for its temporary files
    static Worker start(QuerySettings settings, String name) {
        Path folder = settings.folder().resolve(name);
        try {
            Files.createDirectories(folder);
            ProcessBuilder builder = new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "--add-opens=java.base/java.nio=ALL-UNNAMED",
                            "--sun-misc-unsafe-memory-access=allow",
                            "-XX:+UseSerialGC",
                            "-XX:+ExitOnOutOfMemoryError",
                            "-Xms16m",
                            "-Xmx160m",
                            "-XX:MaxDirectMemorySize=512m",
                            "-Djava.io.tmpdir=" + folder,
                            "-cp",
                            System.getProperty("java.class.path"),
                            SandboxProcess.class.getName(),
                            Long.toString(settings.memoryBytes()),
                            Integer.toString(settings.threads())))
                    .directory(folder.toFile())
                    .redirectError(folder.resolve("output").toFile());
            builder.environment().clear(); // Nothing of the server's is there to be found.
            return new Worker(builder.start(), folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// @param data takes what is sent before it
    /// @throws SQLException what DuckDB says against it
    /// @throws Gone when the process ended
    JsonNode ask(JsonNode request, OutputStream data) throws IOException, SQLException {
        try {
            byte[] bytes = request.toString().getBytes(StandardCharsets.UTF_8);
            in.writeInt(bytes.length);
            in.write(bytes);
            in.flush();
        } catch (IOException e) {
            throw gone();
        }
        while (true) {
            char kind = kind();
            byte[] frame = frame();
            switch (kind) {
                case SandboxProcess.DATA -> data.write(frame);
                case SandboxProcess.DONE -> {
                    return Json.MAPPER.readTree(frame);
                }
                case SandboxProcess.ERROR -> throw error(Json.MAPPER.readTree(frame));
                default -> throw gone();
            }
        }
    }

    private static SQLException error(JsonNode told) {
        if (told.has("code")) {
            throw io.millwright.kernel.ErrorCode.valueOf(told.path("code").asString())
                    .because(told.path("message").asString(""));
        }
        return new SQLException(told.path("message").asString(""));
    }

    private char kind() throws IOException {
        try {
            return (char) out.readUnsignedByte();
        } catch (EOFException e) {
            throw gone();
        }
    }

    private byte[] frame() throws IOException {
        try {
            int length = out.readInt();
            if (length < 0 || length > LARGEST_FRAME) throw gone();
            byte[] frame = new byte[length];
            out.readFully(frame);
            return frame;
        } catch (EOFException e) {
            throw gone();
        }
    }

    private Gone gone() {
        return new Gone("the process of the query ended"
                + output().map(text -> ": " + text).orElse(""));
    }

    private Optional<String> output() {
        try {
            String all = Files.readString(folder.resolve("output"));
            return all.isBlank()
                    ? Optional.empty()
                    : Optional.of(all.substring(0, Math.min(all.length(), MOST_OUTPUT))
                            .strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// What it has in memory; 0 where the system does not tell.
    long residentBytes() {
        try {
            String[] pages = Files.readString(Path.of("/proc", Long.toString(process.pid()), "statm"))
                    .split(" ");
            return Long.parseLong(pages[1]) * PAGE_BYTES;
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /// Ends it, whatever it does.
    void kill() {
        process.destroyForcibly();
    }

    /// Ends it, and what it left on disk.
    void close() {
        kill();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) log.warn("process {} of a query does not end", process.pid());
            process.getOutputStream().close();
            process.getInputStream().close();
        } catch (IOException e) {
            log.debug("closing the pipes of process {} failed", process.pid(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Folders.remove(folder);
    }
}
