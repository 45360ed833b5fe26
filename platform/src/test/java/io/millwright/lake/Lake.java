package io.millwright.lake;

import io.millwright.kernel.Access;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.SqliteDb;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;

/// The artifacts slice on a database of its own, for tests.
final class Lake implements AutoCloseable {
    static final Ids IDS = new Ids(new SecureRandom());

    final Db db;
    final Ledger ledger;
    final MovableClock clock;
    final ArtifactsSlice slice;
    final ArtifactService artifacts;

    private Lake(Db db, Ledger ledger, MovableClock clock, ArtifactsSlice slice) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.slice = slice;
        this.artifacts = slice.service();
    }

    /// Makes the slice of an open database.
    @FunctionalInterface
    interface Wiring {
        ArtifactsSlice wire(Db db, Ledger ledger, Clock clock, Ids ids);
    }

    static Lake open(Db db, Wiring wiring) {
        new Migrator(db)
                .migrate(Stream.of(Ledger.MIGRATIONS, ArtifactsSlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        MovableClock clock = new MovableClock();
        Ledger ledger = new Ledger(db, clock, IDS);
        return new Lake(db, ledger, clock, wiring.wire(db, ledger, clock, IDS));
    }

    /// On a folder, with SQLite beside it; the same folder may be opened again after closing.
    static Lake onFolder(Path home) {
        return onFolder(
                SqliteDb.open(home.resolve("millwright.db")),
                home.resolve("artifacts"),
                ArtifactSettings.DEFAULT_MAX_UPLOAD_BYTES);
    }

    static Lake onFolder(Db db, Path folder, long maxUploadBytes) {
        return open(
                db,
                (d, ledger, clock, ids) -> ArtifactsSlice.wire(
                        d, ledger, clock, ids, new ArtifactSettings(folder.toUri(), folder, maxUploadBytes)));
    }

    void store(String path, String content) throws IOException {
        store(path, content.getBytes(StandardCharsets.UTF_8));
    }

    void store(String path, byte[] content) throws IOException {
        artifacts.store(path, new ByteArrayInputStream(content), content.length);
    }

    byte[] bytes(String path) throws IOException {
        try (InputStream in = artifacts.open(path).stream()) {
            return in.readAllBytes();
        }
    }

    String text(String path) throws IOException {
        return new String(bytes(path), StandardCharsets.UTF_8);
    }

    List<String> names(String directory) {
        return artifacts.list(directory).stream()
                .map(info -> info.directory() ? info.name() + "/" : info.name())
                .toList();
    }

    static RequestContext workspace(String name) {
        return new RequestContext("test", Principal.LOCAL, name);
    }

    /// Somebody who may write this one thing, and what has it as a parent, in one workspace.
    static RequestContext writer(String workspace, String entity) {
        Access access = (right, where, what, parents) ->
                right == Right.WRITE && where.equals(workspace) && (what.equals(entity) || parents.contains(entity));
        return new RequestContext("test", new Principal("ann"), workspace, access, "");
    }

    @Override
    public void close() {
        slice.close();
        ledger.close();
        db.close();
    }

    /// A clock that a test moves on.
    static final class MovableClock extends Clock {
        private Duration ahead = Duration.ZERO;

        void forward(Duration by) {
            ahead = ahead.plus(by);
        }

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
