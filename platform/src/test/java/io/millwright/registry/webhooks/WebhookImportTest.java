package io.millwright.registry.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.TestDatabases;
import io.millwright.registry.RegistryService;
import io.millwright.registry.RegistrySlice;
import io.millwright.tracking.TrackingSlice;
import io.millwright.tracking.imports.ImportCounts;
import io.millwright.tracking.imports.ImportCounts.Of;
import io.millwright.tracking.imports.ImportNotes;
import io.millwright.tracking.imports.ImportNotes.Dealing;
import io.millwright.tracking.imports.SqliteSource;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an import of webhooks keeps and what it refuses; from a file with MLflow's tables, written here by hand. A real
/// server's webhooks are imported by `peers/test_import.py`.
final class WebhookImportTest {
    @Nested
    final class OnSqlite extends Contract {
        @Override
        Db fresh() {
            return TestDatabases.sqlite(folder);
        }
    }

    @Nested
    final class OnPostgres extends Contract {
        @Override
        Db fresh() {
            return TestDatabases.postgres();
        }
    }

    abstract static class Contract {
        private static final String PLAIN = "0b6f8f2e-1111-4000-8000-000000000001";
        private static final String SIGNED = "0b6f8f2e-2222-4000-8000-000000000002";
        private static final Resolver NAMES =
                host -> List.of(InetAddress.ofLiteral(host.equals("inside.example") ? "10.0.0.7" : "93.184.215.14"));

        @TempDir
        Path folder;

        private Path file;
        private Db db;
        private Ledger ledger;
        private ArtifactsSlice artifacts;
        private RegistryService models;
        private WebhookSettings settings;
        private WebhooksSlice webhooks;
        private final FakeClock clock = new FakeClock();
        private final ScriptedPost receiver = new ScriptedPost();

        abstract Db fresh();

        @BeforeEach
        void wire() throws SQLException {
            db = fresh();
            new Migrator(db)
                    .migrate(Stream.of(
                                    Ledger.MIGRATIONS,
                                    ArtifactsSlice.MIGRATIONS,
                                    TrackingSlice.MIGRATIONS,
                                    RegistrySlice.MIGRATIONS,
                                    WebhooksSlice.MIGRATIONS)
                            .<Migration>flatMap(List::stream)
                            .toList());
            Ids ids = new Ids(new Random(7));
            ledger = new Ledger(db, clock, ids).start();
            artifacts =
                    ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(folder.resolve("artifacts")));
            models = RegistrySlice.wire(
                            db, ledger, clock, TrackingSlice.wire(db, ledger, clock, ids, artifacts.service()))
                    .registry();
            settings = new WebhookSettings(
                    false, List.of(), Duration.ofSeconds(5), 3, Duration.ofDays(30), "", folder.resolve("key"));
            webhooks = WebhooksSlice.wire(db, ledger, clock, ids, settings, receiver, NAMES, new SystemResolver());
            file = folder.resolve("mlflow.db");
            mlflow("""
                    create table experiments (experiment_id integer primary key);
                    create table runs (run_uuid varchar(32) primary key);
                    create table webhooks (webhook_id varchar(256) primary key, name varchar(256) not null,
                        description varchar(1000), url varchar(500) not null, status varchar(20) not null,
                        secret varchar(1000), creation_timestamp bigint, last_updated_timestamp bigint,
                        deleted_timestamp bigint);
                    create table webhook_events (webhook_id varchar(256), entity varchar(50), action varchar(50))
                    """);
            webhook(PLAIN, "plain", "https://receiver.example/hook", null);
            webhook(SIGNED, "signed", "https://receiver.example/signed", "gAAAAABo");
            mlflow("insert into webhook_events values ('%s', 'model_version_alias', 'created')".formatted(PLAIN));
        }

        @AfterEach
        void close() {
            webhooks.close();
            artifacts.close();
            ledger.close();
            db.close();
        }

        private void mlflow(String script) throws SQLException {
            try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                    var statement = connection.createStatement()) {
                for (String sql : script.split(";\n")) statement.execute(sql);
            }
        }

        private void webhook(String id, String name, String url, @Nullable String secret) throws SQLException {
            mlflow("""
                    insert into webhooks values ('%s', '%s', 'tells', '%s', 'ACTIVE', %s, 1700000000000, 1700000005000, null);
                    insert into webhook_events values ('%s', 'registered_model', 'created')
                    """.formatted(id, name, url, secret == null ? "null" : "'" + secret + "'", id));
        }

        private record Done(ImportCounts counts, ImportNotes notes) {}

        private Done importAll() throws IOException {
            Done done = new Done(new ImportCounts(), new ImportNotes());
            try (SqliteSource source = SqliteSource.open(file, List.of(), done.notes())) {
                new WebhookImport(db, ledger, clock, settings, done.counts(), done.notes())
                        .run("test", source.registry(), NAMES);
            }
            return done;
        }

        private Webhook webhook(String id) {
            return webhooks.service().get(id);
        }

        @Test
        void ids_names_events_and_times_are_kept() throws IOException {
            Done done = importAll();

            Webhook plain = webhook(PLAIN);
            assertThat(plain.name()).isEqualTo("plain");
            assertThat(plain.description()).isEqualTo("tells");
            assertThat(plain.url()).isEqualTo("https://receiver.example/hook");
            assertThat(plain.events())
                    .extracting(WebhookEvent::word)
                    .containsExactly("model_version_alias.created", "registered_model.created");
            assertThat(plain.status()).isEqualTo(WebhookStatus.ACTIVE);
            assertThat(plain.createdAt().toEpochMilli()).isEqualTo(1700000000000L);
            assertThat(plain.updatedAt().toEpochMilli()).isEqualTo(1700000005000L);
            assertThat(done.counts().get(Of.WEBHOOKS_NEW)).isEqualTo(2);
            assertThat(ledger.eventsAbout("webhook:" + PLAIN))
                    .extracting(Event::type)
                    .containsExactly("webhook.created");
        }

        @Test
        void one_whose_secret_stayed_behind_is_disabled_and_told() throws IOException {
            Done done = importAll();

            assertThat(webhook(SIGNED).status()).isEqualTo(WebhookStatus.DISABLED);
            assertThat(webhook(SIGNED).signed()).isFalse();
            assertThat(done.notes().of(Dealing.CHANGED))
                    .containsExactly(Map.entry(
                            "webhooks without their secret, which are disabled",
                            new ImportNotes.Note(
                                    1, List.of("webhook signed came without its secret: set one and enable it"))));
            assertThat(done.notes().of(Dealing.FAILED)).isEmpty();
        }

        @Test
        void what_was_changed_or_deleted_here_since_stays_so() throws IOException, SQLException {
            importAll();
            webhooks.service()
                    .update(SIGNED, new WebhookChange("ours", null, null, null, "a secret", WebhookStatus.ACTIVE));
            webhooks.service().delete(PLAIN);
            mlflow("update webhooks set name = 'theirs', last_updated_timestamp = 1800000000000");

            Done second = importAll();

            assertThat(second.counts().get(Of.WEBHOOKS_KNOWN)).isEqualTo(2);
            assertThat(second.counts().get(Of.WEBHOOKS_NEW)).isZero();
            assertThat(second.notes().of(Dealing.CHANGED)).isEmpty();
            assertThat(webhook(SIGNED).name()).isEqualTo("ours");
            assertThat(webhook(SIGNED).status()).isEqualTo(WebhookStatus.ACTIVE);
            assertThatThrownBy(() -> webhook(PLAIN)).isInstanceOf(Failure.class).hasMessageContaining("not found");
        }

        @Test
        void what_no_client_could_have_made_here_is_told_and_skipped() throws IOException, SQLException {
            webhook("0b6f8f2e-3333-4000-8000-000000000003", "inside", "https://inside.example/", null);
            webhook("0b6f8f2e-4444-4000-8000-000000000004", "open", "http://receiver.example/", null);
            webhook("0b6f8f2e-5555-4000-8000-000000000005", "strange", "https://receiver.example/", null);
            mlflow("update webhook_events set entity = 'gateway' where webhook_id like '%5'");
            webhook("6", "short", "https://receiver.example/", null);
            webhook("0b6f8f2e-7777-4000-8000-000000000007", "gone", "https://receiver.example/", null);
            mlflow("update webhooks set deleted_timestamp = 1 where name = 'gone'");

            Done done = importAll();

            assertThat(done.counts().get(Of.WEBHOOKS_NEW)).isEqualTo(2);
            assertThat(done.counts().get(Of.WEBHOOKS_FAILED)).isEqualTo(4);
            assertThat(done.notes()
                            .of(Dealing.FAILED)
                            .get("webhook that could not be imported")
                            .examples())
                    .satisfiesExactlyInAnyOrder(
                            told -> assertThat(told).startsWith("inside: ").contains("10.0.0.7"),
                            told -> assertThat(told).startsWith("open: ").contains("scheme: 'http'"),
                            told -> assertThat(told).startsWith("strange: ").contains("'gateway.created'"),
                            told -> assertThat(told).startsWith("short: ").contains("UUID"));
            assertThat(webhooks.service().list(0, Optional.empty()).items())
                    .extracting(Webhook::name)
                    .containsExactlyInAnyOrder("plain", "signed");
        }

        @Test
        void it_hears_what_happens_after_the_import() throws IOException {
            models.create("before", "", Map.of());
            importAll();
            models.create("after", "", Map.of());

            webhooks.start();

            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (receiver.requests.isEmpty() && System.nanoTime() < deadline) LockSupport.parkNanos(2_000_000);
            assertThat(receiver.requests).hasSize(1);
            assertThat(new String(receiver.requests.getFirst().body(), StandardCharsets.UTF_8))
                    .contains("\"after\"");
        }
    }
}
