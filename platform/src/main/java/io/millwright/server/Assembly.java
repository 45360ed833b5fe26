package io.millwright.server;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.PostgresDb;
import io.millwright.ledger.SqliteDb;
import io.millwright.tracking.TrackingSlice;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The process, wired: reads from top to bottom as the folders stand on each other, and closes in reverse.
final class Assembly implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Assembly.class);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Db db;
    private final HttpServer server;

    private Assembly(Settings settings) {
        try {
            Clock clock = Clock.systemUTC();
            Ids ids = new Ids(new SecureRandom());
            Routes routes = new Routes();
            ServerMetrics metrics = new ServerMetrics();

            db = opened(openDb(settings));
            new Migrator(db).migrate(migrations());
            Ledger ledger = opened(new Ledger(db, clock, ids)).start();

            ArtifactsSlice artifacts = opened(ArtifactsSlice.wire(db, ledger, clock, ids, artifactSettings(settings)));
            artifacts.addRoutes(routes);
            TrackingSlice.wire(db, ledger, clock, ids, artifacts.service()).addRoutes(routes);

            boolean onS3 = settings.artifacts().startsWith("s3://");
            new SystemRoutes(db, metrics, onS3, () -> OpenApi.of(routes.all())).addRoutes(routes);
            server = opened(HttpServer.start(settings.server(), routes.all(), metrics, MachineName.read()));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /// Starts everything; returns when the server answers.
    static Assembly start(Settings settings) {
        return new Assembly(settings);
    }

    /// The database alone, for commands that work beside or without a server.
    static Db openDb(Settings settings) {
        return settings.db().isEmpty() ? SqliteDb.open(databaseFile(settings)) : PostgresDb.open(postgresUri(settings));
    }

    static Path databaseFile(Settings settings) {
        return settings.home().resolve("millwright.db");
    }

    static URI postgresUri(Settings settings) {
        if (!settings.db().startsWith("postgresql://") && !settings.db().startsWith("postgres://")) {
            throw INVALID_ARGUMENT.because(
                    "db is '%s', expected postgresql://user:password@host:port/database, or nothing for"
                            + " SQLite in the home.",
                    SettingValues.masked(settings.db()));
        }
        try {
            return new URI(settings.db());
        } catch (URISyntaxException e) {
            throw INVALID_ARGUMENT.because(
                    "db is not a URL: %s at position %d. Percent-encode special characters of the password.",
                    e.getReason(), e.getIndex());
        }
    }

    static List<Migration> migrations() {
        List<Migration> all = new ArrayList<>(Ledger.MIGRATIONS);
        all.addAll(ArtifactsSlice.MIGRATIONS);
        all.addAll(TrackingSlice.MIGRATIONS);
        return all;
    }

    static ArtifactSettings artifactSettings(Settings settings) {
        URI location = settings.artifactsUri();
        return new ArtifactSettings(
                location, settings.home().resolve("uploads"), settings.server().maxUploadSizeBytes());
    }

    URI uri() {
        return server.uri();
    }

    String database() {
        return db.describe();
    }

    private <T extends AutoCloseable> T opened(T part) {
        open.push(part);
        return part;
    }

    @Override
    public void close() {
        for (AutoCloseable part = open.poll(); part != null; part = open.poll()) {
            try {
                part.close();
            } catch (Exception e) {
                log.warn("closing {} failed", part, e);
            }
        }
    }
}
