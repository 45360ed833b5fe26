package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.ledger.Db;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Uploads whose bytes go from the client to S3 without passing through here: in parts, or as one body whose
/// arrival is noticed when somebody looks.
final class DirectUploads implements MultipartUploads {
    private static final Logger log = LoggerFactory.getLogger(DirectUploads.class);
    private static final Duration PART_URL_VALID = Duration.ofHours(12);
    /// Presigned uploads looked after in one go; each costs a question to S3.
    private static final int LOOKED_AFTER = 200;

    private final Db db;
    private final Clock clock;
    private final Ids ids;
    private final UploadStore uploads;
    private final BlobStore blobs;
    private final ArtifactWriter writer;
    private final ArtifactStore store;
    private final S3Direct direct;
    private final long maxUploadBytes;

    DirectUploads(
            Db db,
            Clock clock,
            Ids ids,
            UploadStore uploads,
            BlobStore blobs,
            ArtifactWriter writer,
            ArtifactStore store,
            S3Direct direct,
            long maxUploadBytes) {
        this.db = db;
        this.clock = clock;
        this.ids = ids;
        this.uploads = uploads;
        this.blobs = blobs;
        this.writer = writer;
        this.store = store;
        this.direct = direct;
        this.maxUploadBytes = maxUploadBytes;
    }

    @Override
    public Ticket create(String workspace, ArtifactPath path, int parts) {
        MultipartUploads.checkedParts(parts);
        Upload upload = begin(workspace, path, Upload.Kind.DIRECT_PARTS, parts);
        String remoteId = direct.begin(key(upload));
        db.tx(sql -> {
            uploads.setRemoteId(sql, upload.id(), remoteId);
            return remoteId;
        });
        return new Ticket(
                upload.id(),
                IntStream.rangeClosed(1, parts)
                        .mapToObj(n -> target(upload, remoteId, n))
                        .toList());
    }

    private Upload begin(String workspace, ArtifactPath path, Upload.Kind kind, int parts) {
        writer.refuseIfBlocked(workspace, path);
        String id = ids.hex32() + ids.hex32();
        Upload upload = new Upload(
                id,
                workspace,
                path,
                kind,
                parts,
                Optional.of("direct/" + ids.hex32()),
                Optional.empty(),
                clock.instant(),
                Optional.empty());
        db.tx(sql -> {
            uploads.insert(sql, upload);
            return id;
        });
        return upload;
    }

    private static String key(Upload upload) {
        return upload.key().orElseThrow();
    }

    private Target target(Upload upload, String remoteId, int number) {
        return new Target(number, direct.presignPart(key(upload), remoteId, number, PART_URL_VALID), Map.of());
    }

    @Override
    public Status status(String id) {
        Upload upload = find(id).orElseThrow(() -> MultipartUploads.unknown(id));
        ArtifactRights.requireWrite(upload);
        boolean completed = upload.completedAt().isPresent();
        String remoteId = upload.remoteId().orElse("");
        List<PartInfo> present = completed || remoteId.isEmpty() ? List.of() : direct.parts(key(upload), remoteId);
        Set<Integer> there = new HashSet<>();
        present.forEach(part -> there.add(part.number()));
        List<Target> missing = completed || remoteId.isEmpty()
                ? List.of()
                : IntStream.rangeClosed(1, upload.parts())
                        .filter(n -> !there.contains(n))
                        .mapToObj(n -> target(upload, remoteId, n))
                        .toList();
        return new Status(
                id, upload.path(), upload.parts(), completed, upload.createdAt().plus(KEPT), present, missing);
    }

    @Override
    public void complete(String workspace, ArtifactPath path, String id, List<PartTag> parts) {
        Upload upload = findFor(workspace, path, id).orElseThrow(() -> MultipartUploads.unknown(id));
        if (upload.completedAt().isPresent()) return;
        if (parts.size() != upload.parts()) {
            throw INVALID_ARGUMENT.because(
                    "%d parts are named, expected the %d this upload was begun with.", parts.size(), upload.parts());
        }
        direct.finish(key(upload), upload.remoteId().orElseThrow(() -> MultipartUploads.unknown(id)), parts);
        Blob blob = direct.find(key(upload))
                .orElseThrow(() -> MultipartUploads.unknown(id))
                .blob();
        if (blob.sizeBytes() > maxUploadBytes) {
            discard(upload);
            throw TOO_LARGE.because(
                    "The parts hold %d bytes together, expected at most %d (server.max-upload-size).",
                    blob.sizeBytes(), maxUploadBytes);
        }
        db.tx(sql -> {
            if (!uploads.complete(sql, id, clock.instant())) {
                if (uploads.isKnown(sql, id)) return false; // Another process was asked too and was faster.
                throw MultipartUploads.unknown(id);
            }
            blobs.insertPlaced(sql, blob, clock.instant());
            writer.point(sql, workspace, path, blob);
            return true;
        });
    }

    @Override
    public void abort(String workspace, ArtifactPath path, String id) {
        findFor(workspace, path, id).ifPresent(this::discard);
    }

    /// Forgets an unfinished upload and what of it has arrived.
    void discard(Upload upload) {
        if (!db.txAfterLocks(sql -> uploads.removeUnfinished(sql, upload.id()))) return;
        upload.remoteId().ifPresent(remoteId -> direct.abort(key(upload), remoteId));
        store.delete(key(upload));
    }

    private Optional<Upload> find(String id) {
        return db.read(sql -> uploads.find(sql, id)).filter(upload -> upload.kind() == Upload.Kind.DIRECT_PARTS);
    }

    private Optional<Upload> findFor(String workspace, ArtifactPath path, String id) {
        return find(id).filter(upload ->
                upload.workspace().equals(workspace) && upload.path().equals(path));
    }

    /// A URL to send one body to.
    PresignedRequest presign(String workspace, ArtifactPath path, Duration valid) {
        Upload upload = begin(workspace, path, Upload.Kind.DIRECT, 0);
        return new PresignedRequest(direct.presignPut(key(upload), valid), Map.of(), -1);
    }

    /// Takes in what has arrived at or below the path by presigned uploads. Older ones first, so the latest
    /// stays.
    void adopt(String workspace, ArtifactPath path) {
        db.read(sql -> uploads.pendingBelow(sql, workspace, path, LOOKED_AFTER)).forEach(this::adopt);
    }

    boolean hasArrived(Upload upload) {
        return direct.find(key(upload)).isPresent();
    }

    /// Makes the body of a presigned upload its path's content, unless the path was stored to after it arrived. False
    /// when none arrived, or none that could stay.
    boolean adopt(Upload upload) {
        Optional<S3Direct.Arrived> arrived = direct.find(key(upload));
        if (arrived.isEmpty()) return false;
        Blob sent = arrived.get().blob();
        // S3 tells whole seconds: within one, the presigned body counts as the later.
        Instant surelyLater = arrived.get().at().plusSeconds(1);
        try {
            if (sent.sizeBytes() > maxUploadBytes) {
                throw TOO_LARGE.because("%d bytes, expected at most %d", sent.sizeBytes(), maxUploadBytes);
            }
            boolean adopted = writer.adopt(
                    upload.workspace(),
                    upload.path(),
                    sent,
                    direct,
                    sql -> !writer.isStoredSince(sql, upload.workspace(), upload.path(), surelyLater)
                            && uploads.complete(sql, upload.id(), clock.instant()));
            if (adopted) store.delete(key(upload));
            else discard(upload); // Stored to since; or another process adopted it, and this does nothing.
            return adopted;
        } catch (Failure e) {
            switch (e.code()) {
                case INVALID_ARGUMENT, TOO_LARGE -> {
                    log.warn("the presigned upload of {} is dropped: {}", upload.path(), e.message());
                    discard(upload);
                    return false;
                }
                default -> throw e;
            }
        }
    }

    /// Aborts, or only counts, S3's own multipart uploads that lost their process.
    long sweep(Instant before, boolean dryRun) {
        return direct.sweep(remoteId -> db.read(sql -> uploads.hasRemoteId(sql, remoteId)), before, dryRun);
    }
}
