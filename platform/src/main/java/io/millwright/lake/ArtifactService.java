package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.UNSUPPORTED;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.EntryStore.Entry;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// Artifacts: files under paths, in the workspace of the request in hand. A path is replaced as a whole or not
/// at all.
///
/// Paths are checked as [ArtifactPath] says; a wrong one is INVALID_ARGUMENT everywhere. A store that cannot be
/// written or does not answer is UNAVAILABLE everywhere, and leaves everything as it was.
public final class ArtifactService {
    /// S3 refuses to sign for longer.
    private static final Duration LONGEST_PRESIGNED = Duration.ofDays(7);

    private final Db db;
    private final Ledger ledger;
    private final ArtifactStore store;
    private final EntryStore entries;
    private final UploadStore uploads;
    private final ArtifactWriter writer;
    private final Sweeper sweeper;
    private final long maxUploadBytes;
    /// Present on S3.
    private final Optional<Direct> direct;

    /// What S3 can and a folder cannot.
    record Direct(DirectUploads uploads, S3Direct urls) {}

    ArtifactService(
            Db db,
            Ledger ledger,
            ArtifactStore store,
            EntryStore entries,
            UploadStore uploads,
            ArtifactWriter writer,
            Sweeper sweeper,
            Optional<Direct> direct,
            long maxUploadBytes) {
        this.db = db;
        this.ledger = ledger;
        this.store = store;
        this.entries = entries;
        this.uploads = uploads;
        this.writer = writer;
        this.sweeper = sweeper;
        this.direct = direct;
        this.maxUploadBytes = maxUploadBytes;
    }

    /// What stands directly in a directory, by name; nothing for a file or for what is not there.
    public List<ArtifactInfo> list(String directory) {
        ArtifactPath path = ArtifactPath.of(directory);
        ArtifactRights.require(Right.READ, path);
        adopt(path);
        return db.read(sql -> entries.children(sql, workspace(), path));
    }

    /// The file or directory at a path.
    public Optional<ArtifactInfo> find(String path) {
        ArtifactPath at = ArtifactPath.of(path);
        ArtifactRights.require(Right.READ, at);
        if (at.isRoot()) return Optional.of(new ArtifactInfo("", true, 0));
        adopt(at);
        return db.read(sql -> entries.find(sql, workspace(), at))
                .map(entry -> new ArtifactInfo(at.name(), entry.directory(), entry.sizeBytes()));
    }

    /// Stores a stream under a path, in place of what was there. Directories come by themselves.
    ///
    /// @param lengthOrMinus1 the stream's length if known
    /// @throws IOException as the stream throws it; then nothing was changed
    /// @throws io.millwright.kernel.Failure TOO_LARGE; MALFORMED_REQUEST for another length than told;
    ///     INVALID_ARGUMENT when the path is a directory or lies below a file; UNAVAILABLE when the disk is full
    public void store(String path, InputStream in, long lengthOrMinus1) throws IOException {
        ArtifactPath at = ArtifactPath.ofFile(path);
        ArtifactRights.require(Right.WRITE, at);
        writer.refuseIfBlocked(workspace(), at);
        try (Spool content = Spool.take(store.spoolDirectory(), in, lengthOrMinus1, maxUploadBytes)) {
            writer.write(workspace(), at, content, sql -> true);
        }
    }

    /// The content of a file.
    ///
    /// @throws io.millwright.kernel.Failure NOT_FOUND; INVALID_ARGUMENT for a directory
    public ArtifactContent open(String path) {
        ArtifactPath at = ArtifactPath.of(path);
        ArtifactRights.require(Right.READ, at);
        adopt(at);
        Entry entry = db.read(sql -> entries.find(sql, workspace(), at))
                .orElseThrow(() -> NOT_FOUND.because("No such artifact: '" + path + "'"));
        Blob blob = entry.blob()
                .orElseThrow(() ->
                        INVALID_ARGUMENT.because("Artifact path refers to a directory, not a file: '" + path + "'"));
        return new ArtifactContent(at, blob, entry.storedAt(), store);
    }

    /// Removes a file, or a directory with everything below it; their content goes with the next sweep.
    ///
    /// @return how many files were removed; 0 when there was nothing
    public int deleteTree(String path) {
        ArtifactPath at = ArtifactPath.of(path);
        ArtifactRights.require(Right.MANAGE, at);
        String workspace = workspace();
        direct.filter(d -> !at.isRoot()).ifPresent(d -> forgetPending(d.uploads(), workspace, at));
        return deleteTreeIf(path, sql -> true);
    }

    /// As [#deleteTree], if the condition holds in the transaction that removes; uploads on their way stay.
    ///
    /// @param condition may take locks first, and then sees what their holders left
    public int deleteTreeIf(String path, Predicate<Sql> condition) {
        ArtifactPath at = ArtifactPath.of(path);
        ArtifactRights.require(Right.MANAGE, at);
        if (at.isRoot())
            throw INVALID_ARGUMENT.because(
                    "Invalid path: it is empty, and everything at once is not deleted. Name a file or a directory.");
        String workspace = workspace();
        int removed = db.txAfterLocks(sql -> {
            if (!condition.test(sql)) return 0;
            Optional<Entry> entry = entries.find(sql, workspace, at);
            if (entry.isEmpty()) return 0;
            Map<String, Object> payload = new LinkedHashMap<>();
            long files = 1;
            if (entry.get().directory()) {
                EntryStore.Removed tree = entries.removeTree(sql, workspace, at);
                files = tree.files();
                payload.put("files", files);
                payload.put("size", tree.bytes());
            } else {
                if (!entries.remove(sql, workspace, at)) return 0;
                entry.get().blob().flatMap(Blob::sha256).ifPresent(sha256 -> payload.put("sha256", sha256));
                payload.put("size", entry.get().sizeBytes());
            }
            ledger.append(sql, "artifact.deleted", "artifact:" + at, payload);
            return Math.toIntExact(files);
        });
        removeEmptyDirectories(workspace, at.parent());
        return removed;
    }

    private void forgetPending(DirectUploads pending, String workspace, ArtifactPath path) {
        List<Upload> batch;
        do {
            batch = db.read(sql -> uploads.pendingBelow(sql, workspace, path, 200));
            batch.forEach(pending::discard);
        } while (!batch.isEmpty());
    }

    /// Upwards, one transaction each: locking a single row, they cannot block one another.
    private void removeEmptyDirectories(String workspace, ArtifactPath from) {
        for (ArtifactPath at = from; !at.isRoot(); at = at.parent()) {
            ArtifactPath directory = at;
            if (db.read(sql -> entries.hasChildren(sql, workspace, directory))) return;
            if (!db.txAfterLocks(sql -> entries.removeIfEmpty(sql, workspace, directory))) return;
        }
    }

    /// How much lies at or below a path.
    public SpaceReport spaceUnder(String path) {
        ArtifactPath at = ArtifactPath.of(path);
        adopt(at);
        return db.read(sql -> {
            Optional<Blob> file = at.isRoot()
                    ? Optional.empty()
                    : entries.find(sql, workspace(), at).flatMap(Entry::blob);
            if (file.isEmpty()) return entries.spaceBelow(sql, workspace(), at);
            long size = file.get().sizeBytes();
            return new SpaceReport(1, size, entries.references(sql, file.get().key()) == 1 ? size : 0);
        });
    }

    /// For adding up what would be freed if several trees went.
    public FreedSpace freedSpace() {
        return new FreedSpace(db, entries, this);
    }

    /// Removes what nobody can reach any more, in all workspaces: content without an artifact, uploads given up
    /// for seven days, the rests of interrupted ones. Safe beside uploads, downloads and other sweeps, of other
    /// processes too.
    public Sweep sweep(boolean dryRun) {
        return sweeper.sweep(dryRun);
    }

    /// Throws when the store cannot be written or read.
    public void ping() {
        store.ping();
    }

    /// Whether clients may be sent to the store by presigned URLs.
    public boolean presigns() {
        return direct.isPresent();
    }

    /// A URL to put the content of a path to. The artifact is there once the body has arrived and somebody
    /// looks.
    ///
    /// @param valid 1 second to 7 days
    /// @throws io.millwright.kernel.Failure UNSUPPORTED on a folder
    public PresignedRequest presignedUpload(String path, Duration valid) {
        Direct access = direct.orElseThrow(
                () -> UNSUPPORTED.because("Presigned upload is not supported for the current artifact repository"));
        ArtifactPath at = ArtifactPath.ofFile(path);
        ArtifactRights.require(Right.WRITE, at);
        return access.uploads().presign(workspace(), at, checked(valid));
    }

    /// A URL to get the content of a path from.
    ///
    /// @param valid 1 second to 7 days
    /// @throws io.millwright.kernel.Failure UNSUPPORTED on a folder; NOT_FOUND
    public PresignedRequest presignedDownload(String path, Duration valid) {
        Direct access = direct.orElseThrow(
                () -> UNSUPPORTED.because("Presigned download is not supported for the current artifact repository"));
        ArtifactContent content = open(path);
        var url = access.urls()
                .presignGet(
                        content.key(),
                        ArtifactDownload.disposition(content.name()),
                        MediaTypes.of(content.name()),
                        checked(valid));
        return new PresignedRequest(url, Map.of(), content.sizeBytes());
    }

    private static Duration checked(Duration valid) {
        if (valid.compareTo(Duration.ofSeconds(1)) < 0 || valid.compareTo(LONGEST_PRESIGNED) > 0) {
            throw INVALID_ARGUMENT.because(
                    "expiration must be between 1 and %d seconds (got %d).",
                    LONGEST_PRESIGNED.toSeconds(), valid.toSeconds());
        }
        return valid;
    }

    private void adopt(ArtifactPath path) {
        direct.ifPresent(d -> d.uploads().adopt(workspace(), path));
    }

    private static String workspace() {
        return RequestContext.current().workspace();
    }
}
