package io.millwright.lake.ingest;

import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.http.Json;
import io.millwright.kernel.Ids;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.tables.DatasetName;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.type.TypeReference;

/// Files that arrived and are not committed: each a file and what was said of it, in a folder of
/// this machine.
final class Uploads {
    private static final Logger log = LoggerFactory.getLogger(Uploads.class);

    private final IngestSettings settings;
    private final Clock clock;
    private final Ids ids;

    Uploads(IngestSettings settings, Clock clock, Ids ids) {
        this.settings = settings;
        this.clock = clock;
        this.ids = ids;
        try {
            Files.createDirectories(settings.folder());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// @param options as they were given
    record Upload(String id, Path file, String name, Map<String, List<String>> options) {}

    private record Said(
            String workspace, String principal, String dataset, String name, Map<String, List<String>> options) {}

    /// Reads a body to its end; nothing stays of one that breaks off.
    Upload take(DatasetName dataset, String name, Map<String, List<String>> options, InputStream in, long expected)
            throws IOException {
        sweep();
        String id = ids.hex32();
        Path file = settings.folder().resolve(id + ".body");
        try {
            long size = copy(in, file);
            if (expected >= 0 && size != expected) {
                throw MALFORMED_REQUEST.because(
                        "The body has %d bytes, expected %d; nothing of it was kept. Send it again.", size, expected);
            }
            RequestContext context = RequestContext.current();
            var said = new Said(context.workspace(), context.principal().name(), dataset.toString(), name, options);
            Files.write(settings.folder().resolve(id + ".json"), Json.MAPPER.writeValueAsBytes(said));
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(file);
            throw e;
        }
        return new Upload(id, file, name, options);
    }

    private long copy(InputStream in, Path file) throws IOException {
        byte[] buffer = new byte[256 * 1024];
        long size = 0;
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int read; (read = in.readNBytes(buffer, 0, buffer.length)) > 0; ) {
                size += read;
                if (size > settings.maxBytes()) {
                    throw TOO_LARGE.because(
                            "A file of more than %d bytes (server.max-upload-size).", settings.maxBytes());
                }
                write(out, buffer, read);
            }
        }
        return size;
    }

    private static void write(OutputStream out, byte[] bytes, int length) {
        try {
            out.write(bytes, 0, length);
        } catch (IOException e) {
            log.error("an upload cannot be written", e);
            throw UNAVAILABLE.because("The server's disk is full or broken; nothing of the file was kept.");
        }
    }

    /// One of the principal's in the workspace in hand, for this dataset.
    Upload find(DatasetName dataset, String id) {
        if (id.matches("[0-9a-f]{32}")) {
            try {
                byte[] json = Files.readAllBytes(settings.folder().resolve(id + ".json"));
                Said said = Json.MAPPER.readValue(json, new TypeReference<Said>() {});
                RequestContext context = RequestContext.current();
                if (said.workspace.equals(context.workspace())
                        && said.principal.equals(context.principal().name())
                        && said.dataset.equals(dataset.toString())) {
                    return new Upload(
                            id, settings.folder().resolve(id + ".body"), said.name, new LinkedHashMap<>(said.options));
                }
            } catch (NoSuchFileException e) {
                // Told below.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        throw NOT_FOUND.because(
                "There is no upload '%s' of yours for '%s'. An upload goes with its commit, or after %d hours: send the file"
                        + " again.",
                id, dataset, settings.keep().toHours());
    }

    void remove(Upload upload) {
        remove(upload.file());
        remove(settings.folder().resolve(upload.id() + ".json"));
    }

    private void sweep() {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(settings.folder(), "*.{body,json}")) {
            for (Path file : files) {
                if (Files.getLastModifiedTime(file)
                        .toInstant()
                        .isBefore(clock.instant().minus(settings.keep()))) {
                    remove(file);
                }
            }
        } catch (IOException e) {
            log.warn("sweeping {} stopped: {}", settings.folder(), e.toString());
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log.warn("{} stays behind until the next sweep: {}", file, e.toString());
        }
    }
}
