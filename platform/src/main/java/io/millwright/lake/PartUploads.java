package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;

import io.millwright.kernel.Ids;
import io.millwright.lake.UploadStore.Part;
import io.millwright.ledger.Db;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Multipart uploads on a folder: each part is a file `uploads/<id>/<number>-<hash>` and a row. Completing reads
/// them one after the other into one spooled content, which then goes the way of any upload.
final class PartUploads implements MultipartUploads {
    private static final Logger log = LoggerFactory.getLogger(PartUploads.class);
    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");

    private final Db db;
    private final Clock clock;
    private final Ids ids;
    private final UploadStore uploads;
    private final ArtifactWriter writer;
    private final Path directory;
    private final long maxUploadBytes;
    /// A client that lost patience asks again while the first completion is still reading.
    private final Map<String, ReentrantLock> completing = new ConcurrentHashMap<>();

    PartUploads(
            Db db,
            Clock clock,
            Ids ids,
            UploadStore uploads,
            ArtifactWriter writer,
            Path directory,
            long maxUploadBytes) {
        this.db = db;
        this.clock = clock;
        this.ids = ids;
        this.uploads = uploads;
        this.writer = writer;
        this.directory = directory;
        this.maxUploadBytes = maxUploadBytes;
    }

    @Override
    public Ticket create(String workspace, ArtifactPath path, int parts) {
        MultipartUploads.checkedParts(parts);
        writer.refuseIfBlocked(workspace, path);
        String id = ids.hex32() + ids.hex32();
        Upload upload = new Upload(
                id,
                workspace,
                path,
                Upload.Kind.PARTS,
                parts,
                Optional.empty(),
                Optional.empty(),
                clock.instant(),
                Optional.empty());
        db.tx(sql -> {
            uploads.insert(sql, upload);
            return id;
        });
        return new Ticket(
                id, IntStream.rangeClosed(1, parts).mapToObj(n -> target(id, n)).toList());
    }

    private static Target target(String id, int number) {
        return new Target(number, URI.create("/api/2.0/mlflow-artifacts/mpu/part/" + id + "/" + number), Map.of());
    }

    /// Takes one part, in place of what came under its number before; returns its etag.
    String putPart(String id, int number, InputStream in, long length) throws IOException {
        Upload upload = find(id).filter(u -> u.completedAt().isEmpty()).orElseThrow(() -> MultipartUploads.unknown(id));
        ArtifactRights.requireWrite(upload);
        if (number < 1 || number > upload.parts()) {
            throw INVALID_ARGUMENT.because(
                    "Part %d, expected 1 to %d as this upload was begun with.", number, upload.parts());
        }
        try (Spool spool = Spool.take(directory, in, length, maxUploadBytes)) {
            Part part = new Part(number, spool.sha256(), spool.sizeBytes());
            spool.sync();
            keep(upload.id(), part, spool);
            if (!db.tx(sql -> uploads.putPart(sql, id, part))) {
                removeFiles(id);
                throw MultipartUploads.unknown(id);
            }
            return part.etag();
        }
    }

    private void keep(String id, Part part, Spool spool) {
        try {
            Path folder = directory.resolve(id);
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(folder);
                FileArtifactStore.sync(directory);
            }
            Files.move(spool.file(), folder.resolve(fileName(part)), StandardCopyOption.ATOMIC_MOVE);
            FileArtifactStore.sync(folder);
        } catch (IOException e) {
            throw StoreFailures.ofWrite(e);
        }
    }

    private static String fileName(Part part) {
        return part.number() + "-" + part.sha256();
    }

    @Override
    public Status status(String id) {
        Upload upload = find(id).orElseThrow(() -> MultipartUploads.unknown(id));
        ArtifactRights.requireWrite(upload);
        List<Part> present = db.read(sql -> uploads.parts(sql, id));
        boolean completed = upload.completedAt().isPresent();
        List<Target> missing = completed
                ? List.of()
                : IntStream.rangeClosed(1, upload.parts())
                        .filter(n -> present.stream().noneMatch(part -> part.number() == n))
                        .mapToObj(n -> target(id, n))
                        .toList();
        return new Status(
                id,
                upload.path(),
                upload.parts(),
                completed,
                upload.createdAt().plus(KEPT),
                present.stream()
                        .map(part -> new PartInfo(part.number(), part.sizeBytes(), part.etag()))
                        .toList(),
                missing);
    }

    @Override
    public void complete(String workspace, ArtifactPath path, String id, List<PartTag> tags) {
        ReentrantLock lock = completing.computeIfAbsent(id, key -> new ReentrantLock());
        lock.lock();
        try {
            completeAlone(workspace, path, id, tags);
        } finally {
            completing.remove(id, lock);
            lock.unlock();
        }
    }

    private void completeAlone(String workspace, ArtifactPath path, String id, List<PartTag> tags) {
        Upload upload = findFor(workspace, path, id).orElseThrow(() -> MultipartUploads.unknown(id));
        if (upload.completedAt().isPresent()) return;
        List<Part> parts = db.read(sql -> uploads.parts(sql, id));
        check(upload, parts, tags);
        long size = parts.stream().mapToLong(Part::sizeBytes).sum();
        if (size > maxUploadBytes) {
            throw TOO_LARGE.because(
                    "The parts hold %d bytes together, expected at most %d (server.max-upload-size).",
                    size, maxUploadBytes);
        }
        try (InputStream joined = new SequenceInputStream(Collections.enumeration(
                        parts.stream().map(part -> reader(id, part)).toList()));
                Spool content = Spool.take(directory, joined, size, maxUploadBytes)) {
            writer.write(workspace, path, content, sql -> {
                if (uploads.complete(sql, id, clock.instant())) {
                    uploads.removeParts(sql, id);
                    return true;
                }
                // Another process was asked too and was faster; or the upload was aborted.
                if (uploads.isKnown(sql, id)) return false;
                throw MultipartUploads.unknown(id);
            });
        } catch (IOException e) {
            throw StoreFailures.ofWrite(e); // The stream is our own files.
        }
        removeFiles(id);
    }

    private static void check(Upload upload, List<Part> present, List<PartTag> tags) {
        Map<Integer, String> told = new HashMap<>();
        for (PartTag tag : tags) {
            if (told.put(tag.number(), unquoted(tag.etag())) != null) {
                throw INVALID_ARGUMENT.because("Part %d is named twice, expected each part once.", tag.number());
            }
        }
        Map<Integer, String> here = new HashMap<>();
        present.forEach(part -> here.put(part.number(), part.sha256()));
        for (int number = 1; number <= upload.parts(); number++) {
            String hash = here.get(number);
            if (hash == null) {
                throw INVALID_ARGUMENT.because(
                        "Part %d of %d has not arrived. Send it, then complete again; GET"
                                + " /api/millwright/v1/uploads/%s tells what is there.",
                        number, upload.parts(), upload.id());
            }
            String tag = told.remove(number);
            if (tag == null) {
                throw INVALID_ARGUMENT.because(
                        "Part %d is not named, expected the parts 1 to %d.", number, upload.parts());
            }
            if (!tag.equals(hash)) {
                throw INVALID_ARGUMENT.because(
                        "Part %d has the etag \"%s\" here, got \"%s\". Send that part again.", number, hash, tag);
            }
        }
        if (!told.isEmpty()) {
            throw INVALID_ARGUMENT.because(
                    "Part %d is named, expected the parts 1 to %d.",
                    told.keySet().iterator().next(), upload.parts());
        }
    }

    private static String unquoted(String etag) {
        return etag.length() > 1 && etag.startsWith("\"") && etag.endsWith("\"")
                ? etag.substring(1, etag.length() - 1)
                : etag;
    }

    private InputStream reader(String id, Part part) {
        Path file = directory.resolve(id).resolve(fileName(part));
        return new LazyStream(() -> Files.newInputStream(file));
    }

    @Override
    public void abort(String workspace, ArtifactPath path, String id) {
        if (findFor(workspace, path, id).isEmpty()) return;
        if (db.txAfterLocks(sql -> uploads.removeUnfinished(sql, id))) removeFiles(id);
    }

    private Optional<Upload> find(String id) {
        if (!ID.matcher(id).matches()) return Optional.empty();
        return db.read(sql -> uploads.find(sql, id)).filter(upload -> upload.kind() == Upload.Kind.PARTS);
    }

    private Optional<Upload> findFor(String workspace, ArtifactPath path, String id) {
        return find(id).filter(upload ->
                upload.workspace().equals(workspace) && upload.path().equals(path));
    }

    /// Removes the files of an upload whose row is gone or done.
    long removeFiles(String id) {
        Path folder = directory.resolve(id);
        long bytes = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                bytes += Files.size(file);
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(folder);
        } catch (NoSuchFileException e) {
            // It had no part, or another was faster.
        } catch (IOException e) {
            log.warn("parts of an ended upload stay behind until the next gc: {}", e.toString());
        }
        return bytes;
    }

    /// Removes, or only counts, the parts of uploads that the database does not know or that are done.
    Spool.Rests sweep(boolean dryRun) {
        long count = 0;
        long bytes = 0;
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(directory, Files::isDirectory)) {
            for (Path folder : folders) {
                String id = String.valueOf(folder.getFileName());
                if (!ID.matcher(id).matches()
                        || find(id).filter(u -> u.completedAt().isEmpty()).isPresent()) continue;
                count++;
                bytes += dryRun ? sizeOf(id) : removeFiles(id);
            }
        } catch (IOException e) {
            log.warn("sweeping the parts of uploads stopped: {}", e.toString());
        }
        return new Spool.Rests(count, bytes);
    }

    long sizeOf(String id) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.resolve(id))) {
            long bytes = 0;
            for (Path file : files) bytes += Files.size(file);
            return bytes;
        } catch (IOException e) {
            return 0; // It has no part, or has just ended.
        }
    }

    /// Opens a file when its turn comes, so that ten thousand parts need one descriptor.
    private static final class LazyStream extends InputStream {
        private final Opening opening;
        private @Nullable InputStream opened;

        LazyStream(Opening opening) {
            this.opening = opening;
        }

        private InputStream opened() throws IOException {
            InputStream in = opened;
            if (in == null) opened = in = opening.open();
            return in;
        }

        @Override
        public int read() throws IOException {
            return opened().read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return opened().read(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            if (opened != null) opened.close();
        }
    }

    @FunctionalInterface
    private interface Opening {
        InputStream open() throws IOException;
    }
}
