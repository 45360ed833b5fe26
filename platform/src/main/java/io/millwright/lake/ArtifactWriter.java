package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.UNAVAILABLE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.lake.EntryStore.Entry;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// Puts content under a path: claim a key in the database, place the content, then let the path name it. Whoever
/// asks sees the old content until the last step commits, and the new one from then on.
final class ArtifactWriter {
    /// How long an upload may take from the end of its body to its commit. Placing a large content on S3 is in
    /// it.
    private static final Duration CLAIMED = Duration.ofHours(6);

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final Ids ids;
    private final ArtifactStore store;
    private final EntryStore entries;
    private final BlobStore blobs;

    ArtifactWriter(
            Db db, Ledger ledger, Clock clock, Ids ids, ArtifactStore store, EntryStore entries, BlobStore blobs) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = ids;
        this.store = store;
        this.entries = entries;
        this.blobs = blobs;
    }

    /// Decides inside the committing transaction whether this writer is still the one to commit.
    @FunctionalInterface
    interface Guard {
        /// False to leave everything as it is; throws to refuse.
        boolean commits(Sql sql);
    }

    /// Says no before a body is read that could not be kept.
    void refuseIfBlocked(String workspace, ArtifactPath path) {
        db.read(sql -> {
            if (entries.find(sql, workspace, path).filter(Entry::directory).isPresent()) throw isDirectory(path);
            for (ArtifactPath up = path.parent(); !up.isRoot(); up = up.parent()) {
                Optional<Entry> found = entries.find(sql, workspace, up);
                if (found.isEmpty()) continue;
                if (!found.get().directory()) throw isUnderFile(path);
                break;
            }
            return path;
        });
    }

    void write(String workspace, ArtifactPath path, Spool content, Guard guard) {
        String sha256 = content.sha256();
        String newKey = "blobs/%s/%s.%s"
                .formatted(sha256.substring(0, 2), sha256, ids.hex32().substring(0, 12));
        Instant now = clock.instant();
        store.prepare(content);
        BlobStore.Claim claim =
                db.tx(sql -> blobs.claim(sql, newKey, sha256, content.sizeBytes(), now, now.plus(CLAIMED)));
        orRelease(claim.key(), () -> {
            // Looking first costs little and mends a store that lost something.
            if (!claim.placed() || !store.has(claim.key(), content.sizeBytes())) store.place(claim.key(), content);
            return settle(
                    workspace,
                    path,
                    new Blob(claim.key(), Optional.of(sha256), Optional.empty(), content.sizeBytes()),
                    guard);
        });
    }

    /// Takes over what a client sent straight to the store: copied, so that the client's URL, which still works
    /// for a while, cannot change it any more. False when the guard said no.
    boolean adopt(String workspace, ArtifactPath path, Blob sent, S3Direct direct, Guard guard) {
        Instant now = clock.instant();
        Blob copy = new Blob("blobs/direct/" + ids.hex32(), Optional.empty(), sent.etag(), sent.sizeBytes());
        db.tx(sql -> blobs.reserve(sql, copy, now, now.plus(CLAIMED)));
        return orRelease(copy.key(), () -> {
            direct.copy(sent, copy.key());
            return settle(workspace, path, copy, guard);
        });
    }

    private boolean orRelease(String key, BooleanSupplier steps) {
        try {
            return steps.getAsBoolean();
        } catch (RuntimeException | Error e) {
            try {
                db.tx(sql -> blobs.release(sql, key));
            } catch (RuntimeException second) {
                e.addSuppressed(second); // The claim runs out by itself.
            }
            throw e;
        }
    }

    private boolean settle(String workspace, ArtifactPath path, Blob blob, Guard guard) {
        boolean committed = db.tx(sql -> {
            if (!guard.commits(sql)) return false;
            if (!blobs.settle(sql, blob.key())) {
                throw UNAVAILABLE.because(
                        "Storing '%s' took longer than %d h after its body had ended; nothing of it was kept. Send it"
                                + " again.",
                        path, CLAIMED.toHours());
            }
            point(sql, workspace, path, blob);
            return true;
        });
        if (!committed) db.tx(sql -> blobs.release(sql, blob.key()));
        return committed;
    }

    /// Whether the path got its content at or after the instant.
    boolean isStoredSince(Sql sql, String workspace, ArtifactPath path, Instant instant) {
        return entries.find(sql, workspace, path)
                .filter(entry -> !entry.storedAt().isBefore(instant))
                .isPresent();
    }

    /// Lets the path name the content, in the transaction in hand.
    void point(Sql sql, String workspace, ArtifactPath path, Blob blob) {
        Instant now = clock.instant();
        if (!entries.ensureDirectory(sql, workspace, path.parent(), now)) throw isUnderFile(path);
        Optional<Entry> before = entries.find(sql, workspace, path);
        if (before.flatMap(Entry::blob)
                .filter(old -> old.key().equals(blob.key()))
                .isPresent()) return;
        if (!entries.put(sql, workspace, path, blob, now)) throw isDirectory(path);
        Map<String, Object> payload = new LinkedHashMap<>();
        blob.sha256().ifPresent(sha256 -> payload.put("sha256", sha256));
        blob.etag().ifPresent(etag -> payload.put("etag", etag));
        payload.put("size", blob.sizeBytes());
        ledger.append(sql, "artifact.stored", "artifact:" + path, payload);
    }

    private static Failure isDirectory(ArtifactPath path) {
        return INVALID_ARGUMENT.because("Artifact path refers to a directory, not a file: '" + path + "'");
    }

    private static Failure isUnderFile(ArtifactPath path) {
        return INVALID_ARGUMENT.because("Artifact path '" + path
                + "' lies below a file, expected a directory. Choose another name, or delete that file first.");
    }
}
