package io.millwright.lake;

import io.millwright.ledger.Db;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Removes what nobody can reach any more. Any number may run at once, beside any number of uploads.
///
/// A key is used once. Its row goes first, in a transaction that sees that nobody refers to it and nobody is
/// about to; from then on nobody can come to the key, so its content may go at leisure, or at the next sweep.
final class Sweeper {
    private static final int BATCH = 500;
    /// A spooled upload that was not written to for this long has lost its process.
    private static final Duration SPOOL_KEPT = Duration.ofDays(1);

    private final Db db;
    private final Clock clock;
    private final ArtifactStore store;
    private final BlobStore blobs;
    private final UploadStore uploads;
    private final MultipartUploads multipart;

    Sweeper(Db db, Clock clock, ArtifactStore store, BlobStore blobs, UploadStore uploads, MultipartUploads multipart) {
        this.db = db;
        this.clock = clock;
        this.store = store;
        this.blobs = blobs;
        this.uploads = uploads;
        this.multipart = multipart;
    }

    Sweep sweep(boolean dryRun) {
        Tally uploads = sweepUploads(dryRun);
        Tally orphans = sweepOrphans(dryRun);
        Tally strays = sweepStrays(dryRun);
        Spool.Rests spools = Spool.sweep(store.spoolDirectory(), clock.instant().minus(SPOOL_KEPT), dryRun);
        return new Sweep(
                orphans.count,
                orphans.bytes,
                uploads.count,
                uploads.bytes,
                strays.count + spools.files(),
                strays.bytes + spools.bytes());
    }

    /// Uploads begun too long ago: given up, or done and no longer worth remembering.
    private Tally sweepUploads(boolean dryRun) {
        Tally tally = new Tally();
        Instant before = clock.instant().minus(MultipartUploads.KEPT);
        List<Upload> batch;
        do {
            batch = db.read(sql -> uploads.olderThan(sql, before, dryRun ? Integer.MAX_VALUE : BATCH));
            for (Upload upload : batch) {
                if (upload.completedAt().isEmpty() && !hasArrived(upload, dryRun)) tally.add(sizeOf(upload));
                if (!dryRun) remove(upload);
            }
        } while (!dryRun && batch.size() == BATCH);
        return tally;
    }

    /// A presigned body that arrived and that nobody looked for since is an artifact, not something given up.
    private boolean hasArrived(Upload upload, boolean dryRun) {
        if (upload.kind() != Upload.Kind.DIRECT || !(multipart instanceof DirectUploads direct)) return false;
        return dryRun ? direct.hasArrived(upload) : direct.adopt(upload);
    }

    private long sizeOf(Upload upload) {
        return multipart instanceof PartUploads parts ? parts.sizeOf(upload.id()) : 0;
    }

    private void remove(Upload upload) {
        // Nothing is left to discard of what was adopted.
        if (upload.completedAt().isEmpty() && multipart instanceof DirectUploads direct) direct.discard(upload);
        db.tx(sql -> {
            uploads.remove(sql, upload.id());
            return upload;
        });
        if (multipart instanceof PartUploads parts) parts.removeFiles(upload.id());
    }

    private Tally sweepOrphans(boolean dryRun) {
        Tally tally = new Tally();
        Instant now = clock.instant();
        String after = "";
        List<Blob> batch;
        do {
            String from = after;
            batch = db.read(sql -> blobs.orphans(sql, now, from, BATCH));
            if (!batch.isEmpty()) after = batch.getLast().key();
            for (Blob orphan : dryRun ? batch : removeRows(batch, now)) {
                if (!dryRun) store.delete(orphan.key());
                tally.add(orphan.sizeBytes());
            }
        } while (batch.size() == BATCH);
        return tally;
    }

    private List<Blob> removeRows(List<Blob> orphans, Instant now) {
        return db.tx(sql -> orphans.stream()
                .filter(orphan -> blobs.removeOrphan(sql, orphan.key(), now))
                .toList());
    }

    /// Content without a row: its upload died between claiming the key and its commit and the claim was swept,
    /// or a sweep died between removing the row and the content.
    private Tally sweepStrays(boolean dryRun) {
        Tally tally = new Tally();
        Map<String, Long> seen = new HashMap<>();
        store.walk((key, size) -> {
            seen.put(key, size);
            if (seen.size() == BATCH) removeUnknown(seen, dryRun, tally);
        });
        removeUnknown(seen, dryRun, tally);
        switch (multipart) {
            case PartUploads parts -> {
                Spool.Rests rests = parts.sweep(dryRun);
                tally.count += rests.files();
                tally.bytes += rests.bytes();
            }
            case DirectUploads direct ->
                tally.count += direct.sweep(clock.instant().minus(SPOOL_KEPT), dryRun);
        }
        return tally;
    }

    private void removeUnknown(Map<String, Long> seen, boolean dryRun, Tally tally) {
        // The content was seen before its row is looked for, and a row stands before its content.
        List<String> keys = List.copyOf(seen.keySet());
        db.read(sql -> blobs.known(sql, keys)).forEach(seen::remove);
        seen.forEach((key, size) -> {
            if (!dryRun) store.delete(key);
            tally.add(size);
        });
        seen.clear();
    }

    private static final class Tally {
        private long count;
        private long bytes;

        void add(long size) {
            count++;
            bytes += size;
        }
    }
}
