package io.millwright.server;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.governance.AccessSlice;
import io.millwright.governance.AuditSlice;
import io.millwright.governance.SignInSettings;
import io.millwright.governance.oidc.OidcSettings;
import io.millwright.governance.oidc.OidcSlice;
import io.millwright.http.Operations;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.kernel.Ids;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.lake.ingest.IngestSettings;
import io.millwright.lake.ingest.IngestSlice;
import io.millwright.lake.profiles.ProfilesSlice;
import io.millwright.lake.query.QuerySlice;
import io.millwright.lake.rewrite.RewriteSlice;
import io.millwright.lake.tables.LakeSettings;
import io.millwright.lake.tables.TablesSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.PostgresDb;
import io.millwright.ledger.Sql;
import io.millwright.ledger.SqliteDb;
import io.millwright.lineage.LineageSlice;
import io.millwright.registry.RegistrySlice;
import io.millwright.registry.promotion.Principals;
import io.millwright.registry.promotion.PromotionSlice;
import io.millwright.registry.webhooks.WebhooksSlice;
import io.millwright.serving.ServingSlice;
import io.millwright.tracking.TrackingSlice;
import io.millwright.views.ViewsSlice;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The process, wired: reads from top to bottom as the folders stand on each other, and closes in reverse.
final class Assembly implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Assembly.class);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Routes routes = new Routes();
    private final Db db;
    private final HttpServer server;
    private final Optional<String> firstAdministratorToken;

    private Assembly(Settings settings) {
        try {
            Clock clock = Clock.systemUTC();
            Ids ids = new Ids(new SecureRandom());
            ServerMetrics metrics = new ServerMetrics();

            // Two libraries that take a tenth of a second each to begin, while SQLite's own is loaded.
            for (Runnable each : List.<Runnable>of(HttpServer::begin, Sql::begin)) {
                Thread.ofPlatform().daemon().name("begin").start(each);
            }
            db = opened(openDb(settings));
            new Migrator(db).migrate(migrations());
            Ledger ledger = opened(new Ledger(db, clock, ids)).takeOver().start();
            metrics.gauge(
                    "millwright_ledger_last_seal_timestamp_seconds",
                    "When the ledger last closed what was waiting into blocks; it does so twice a second.",
                    () -> ledger.lastSealed().getEpochSecond());

            ArtifactsSlice artifacts = opened(ArtifactsSlice.wire(db, ledger, clock, ids, artifactSettings(settings)));
            artifacts.addRoutes(routes);
            TablesSlice tables = opened(TablesSlice.wire(db, ledger, clock, ids, lakeSettings(settings)));
            Operations operations = opened(new Operations(clock, ids));
            operations.addRoutes(routes);
            tables.addRoutes(routes, operations);
            IngestSlice.wire(
                            tables.service(),
                            clock,
                            ids,
                            IngestSettings.in(settings.home(), settings.server().maxUploadSizeBytes()))
                    .addRoutes(routes, operations);
            QuerySlice queries = opened(QuerySlice.wire(db, ledger, clock, ids, tables.service(), settings.queries()));
            queries.addRoutes(routes);
            RewriteSlice.wire(tables, queries.service(), settings.home().resolve("rewrite"))
                    .addRoutes(routes, operations);
            ProfilesSlice profiles = opened(ProfilesSlice.wire(db, ledger, clock, tables, queries.service()));
            profiles.start().addRoutes(routes);
            ChangeHub changes = new ChangeHub(ids.hex32().substring(0, 8));
            TrackingSlice tracking = TrackingSlice.wire(db, ledger, clock, ids, artifacts.service(), changes::logged);
            tracking.addRoutes(routes, operations);
            opened(ledger.follow(new EventTopics(tracking.runs(), changes::changed)::accept))
                    .start();
            new ChangesApi(changes, tracking).addRoutes(routes);
            ViewsSlice.wire(db, ledger, clock, ids, tracking.experiments()).addRoutes(routes);
            ArmeriaPost post = opened(new ArmeriaPost());
            LineageSlice lineage = opened(LineageSlice.wire(
                    db, ledger, clock, tables.service(), tracking, settings.lineage(), new OperatorPost(post)));
            lineage.addRoutes(routes);
            AccessSlice access = opened(AccessSlice.wire(db, ledger, clock, System::nanoTime, new SecureRandom()));
            boolean authenticates = settings.server().authentication();
            access.addRoutes(routes, signInSettings(settings), new EntityParents(tracking));
            opened(OidcSlice.wire(db, access, settings.oidc(), System::nanoTime, new SecureRandom()))
                    .addRoutes(routes);
            if (authenticates) access.start();
            Principals principals = authenticates ? new AccountPrincipals(access.service()) : Principals.EVERYBODY;
            PromotionSlice promotion = opened(PromotionSlice.wire(db, ledger, clock, ids, tracking, principals));
            promotion.start().addRoutes(routes);
            RegistrySlice registry = RegistrySlice.wire(db, ledger, clock, tracking, promotion.governor());
            registry.addRoutes(routes);
            ServingSlice serving = opened(ServingSlice.wire(
                    db,
                    ledger,
                    clock,
                    ids,
                    tracking.runs(),
                    registry,
                    tables.service(),
                    queries.service(),
                    settings.serving()));
            metrics.gauge(
                    "millwright_prediction_log_lost",
                    "Predictions that were not kept for want of room.",
                    serving.log()::lost);
            metrics.gauge(
                    "millwright_prediction_log_waiting_bytes",
                    "Segments of predictions that are not in the lake yet.",
                    serving.log()::waitingBytes);
            serving.start().addRoutes(routes, operations, Version.MILLWRIGHT);
            AuditSlice.wire(db, ledger).addRoutes(routes, operations);
            WebhooksSlice webhooks = opened(WebhooksSlice.wire(db, ledger, clock, ids, settings.webhooks(), post));
            webhooks.addRoutes(routes);

            Health health = new Health(
                    Map.of(
                            "database",
                            db::ping,
                            "artifact store",
                            artifacts.service()::ping,
                            "warehouse",
                            tables::ping),
                    System::nanoTime);
            boolean onS3 = settings.artifacts().startsWith("s3://");
            new UiRoutes("ui/").addRoutes(routes);
            new SettingsApi(
                            settings.told(),
                            new SettingsApi.Place(
                                    settings.home().toString(),
                                    db.describe(),
                                    settings.artifactsUri().toString(),
                                    clock.instant()))
                    .addRoutes(routes);
            new SystemRoutes(health, metrics, onS3, () -> OpenApi.of(routes.all())).addRoutes(routes);
            webhooks.start();
            lineage.start();
            open.push(db::cancelRunning); // After the drain nobody waits for an answer any more.
            firstAdministratorToken = authenticates ? access.service().firstAdministrator() : Optional.empty();
            server = opened(HttpServer.start(
                    settings.server(),
                    routes.all(),
                    metrics,
                    MachineName.read(),
                    authenticates ? Authenticator.of(access) : Authenticator.OFF));
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
        all.addAll(TablesSlice.MIGRATIONS);
        all.addAll(QuerySlice.MIGRATIONS);
        all.addAll(ProfilesSlice.MIGRATIONS);
        all.addAll(TrackingSlice.MIGRATIONS);
        all.addAll(ViewsSlice.MIGRATIONS);
        all.addAll(LineageSlice.MIGRATIONS);
        all.addAll(RegistrySlice.MIGRATIONS);
        all.addAll(ServingSlice.MIGRATIONS);
        all.addAll(WebhooksSlice.MIGRATIONS);
        all.addAll(AccessSlice.MIGRATIONS);
        return all;
    }

    static ArtifactSettings artifactSettings(Settings settings) {
        URI location = settings.artifactsUri();
        return new ArtifactSettings(
                location, settings.home().resolve("uploads"), settings.server().maxUploadSizeBytes());
    }

    static LakeSettings lakeSettings(Settings settings) {
        return new LakeSettings(settings.lakeUri(), settings.home().resolve("lake-cache"), settings.lakeCacheBytes());
    }

    private static SignInSettings signInSettings(Settings settings) {
        OidcSettings oidc = settings.oidc();
        return new SignInSettings(
                settings.server().authentication(),
                oidc.isOn(),
                oidc.session(),
                oidc.redirectUrl().startsWith("https:"));
    }

    URI uri() {
        return server.uri();
    }

    /// Of the administrator made at the first start with authentication.
    Optional<String> firstAdministratorToken() {
        return firstAdministratorToken;
    }

    List<Route> routes() {
        return routes.all();
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
