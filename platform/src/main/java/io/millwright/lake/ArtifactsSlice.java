package io.millwright.lake;

import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/// Artifacts, wired. The ids must come from a secure random source: whoever knows an upload's id may add parts
/// to it.
public final class ArtifactsSlice implements AutoCloseable {
    public static final List<Migration> MIGRATIONS = List.of(new Migration("lake", "V001__create_artifacts"));

    /// Content above this goes to S3 in parts of this size.
    private static final long LARGEST_S3_PUT = 64L << 20;

    private final ArtifactService service;
    private final MultipartUploads uploads;
    private final ArtifactStore store;

    private ArtifactsSlice(ArtifactService service, MultipartUploads uploads, ArtifactStore store) {
        this.service = service;
        this.uploads = uploads;
        this.store = store;
    }

    public static ArtifactsSlice wire(Db db, Ledger ledger, Clock clock, Ids ids, ArtifactSettings settings) {
        if (settings.location().getScheme().equals("file")) return onFolder(db, ledger, clock, ids, settings);
        return onS3(db, ledger, clock, ids, settings, LARGEST_S3_PUT);
    }

    private static ArtifactsSlice onFolder(Db db, Ledger ledger, Clock clock, Ids ids, ArtifactSettings settings) {
        ArtifactStore store = new FileArtifactStore(Path.of(settings.location()));
        var rows = new Rows(db, ledger, clock, ids, store);
        var uploads = new PartUploads(
                db, clock, ids, rows.uploads, rows.writer, store.spoolDirectory(), settings.maxUploadBytes());
        return rows.slice(uploads, Optional.empty(), settings);
    }

    static ArtifactsSlice onS3(Db db, Ledger ledger, Clock clock, Ids ids, ArtifactSettings settings, long largestPut) {
        S3Bucket bucket = new S3Bucket(settings.location());
        ArtifactStore store = new S3ArtifactStore(bucket, settings.temporary(), largestPut);
        var rows = new Rows(db, ledger, clock, ids, store);
        var direct = new S3Direct(bucket);
        var uploads = new DirectUploads(
                db, clock, ids, rows.uploads, rows.blobs, rows.writer, store, direct, settings.maxUploadBytes());
        return rows.slice(uploads, Optional.of(new ArtifactService.Direct(uploads, direct)), settings);
    }

    /// What both kinds of store are wired to.
    private static final class Rows {
        private final EntryStore entries = new EntryStore();
        private final BlobStore blobs = new BlobStore();
        private final UploadStore uploads = new UploadStore();
        private final Db db;
        private final Ledger ledger;
        private final Clock clock;
        private final ArtifactStore store;
        private final ArtifactWriter writer;

        Rows(Db db, Ledger ledger, Clock clock, Ids ids, ArtifactStore store) {
            this.db = db;
            this.ledger = ledger;
            this.clock = clock;
            this.store = store;
            this.writer = new ArtifactWriter(db, ledger, clock, ids, store, entries, blobs);
        }

        ArtifactsSlice slice(
                MultipartUploads multipart, Optional<ArtifactService.Direct> direct, ArtifactSettings settings) {
            var sweeper = new Sweeper(db, clock, store, blobs, uploads, multipart);
            var service = new ArtifactService(
                    db, ledger, store, entries, uploads, writer, sweeper, direct, settings.maxUploadBytes());
            return new ArtifactsSlice(service, multipart, store);
        }
    }

    public ArtifactService service() {
        return service;
    }

    /// For tests of what has no facade of its own.
    MultipartUploads uploads() {
        return uploads;
    }

    public void addRoutes(Routes routes) {
        new MlflowArtifactsApi(service, uploads).addRoutes(routes);
        new UploadsApi(uploads).addRoutes(routes);
    }

    @Override
    public void close() {
        store.close();
    }
}
