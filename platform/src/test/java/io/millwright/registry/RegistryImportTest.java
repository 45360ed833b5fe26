package io.millwright.registry;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.millwright.tracking.TrackingSlice;
import io.millwright.tracking.imports.FolderSource;
import io.millwright.tracking.imports.ImportCounts;
import io.millwright.tracking.imports.ImportCounts.Of;
import io.millwright.tracking.imports.ImportNotes;
import io.millwright.tracking.imports.ImportNotes.Dealing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an import of registered models keeps and what it leaves alone; from MLflow's file store, written here by hand.
/// Real stores are imported by `peers/test_import.py`.
final class RegistryImportTest {
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
        private static final String RUN = "0123456789abcdef0123456789abcdef";

        @TempDir
        Path folder;

        private Path mlruns;
        private Db db;
        private Ledger ledger;
        private ArtifactsSlice artifacts;
        private TrackingSlice tracking;
        private RegistrySlice registry;
        private final FakeClock clock = new FakeClock();

        abstract Db fresh();

        @BeforeEach
        void wire() throws IOException {
            db = fresh();
            new Migrator(db)
                    .migrate(Stream.of(
                                    Ledger.MIGRATIONS,
                                    ArtifactsSlice.MIGRATIONS,
                                    TrackingSlice.MIGRATIONS,
                                    RegistrySlice.MIGRATIONS)
                            .<Migration>flatMap(List::stream)
                            .toList());
            Ids ids = new Ids(new Random(7));
            ledger = new Ledger(db, clock, ids);
            artifacts =
                    ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(folder.resolve("artifacts")));
            tracking = TrackingSlice.wire(db, ledger, clock, ids, artifacts.service());
            registry = RegistrySlice.wire(db, ledger, clock, tracking);
            mlruns = folder.resolve("mlruns");
            write("0/meta.yaml", "experiment_id: '0'\nname: Default\nartifact_location: mlruns/0\n");
            write("models/churn/meta.yaml", """
                    name: churn
                    description: who leaves
                    creation_timestamp: 1700000000000
                    last_updated_timestamp: 1700000005000
                    """);
            write("models/churn/tags/owner", "ada");
            write("models/churn/aliases/champion", "3");
            version(1, "s3://bucket/1", "Archived", 1700000001000L);
            version(3, "mlruns/0/" + RUN + "/artifacts/model", "Production", 1700000003000L);
        }

        @AfterEach
        void close() {
            artifacts.close();
            ledger.close();
            db.close();
        }

        private void version(int number, String source, String stage, long updated) throws IOException {
            write("models/churn/version-" + number + "/meta.yaml", """
                    name: churn
                    version: '%d'
                    description: number %d
                    creation_timestamp: 1700000000500
                    last_updated_timestamp: %d
                    current_stage: %s
                    source: %s
                    run_id: %s
                    status: READY
                    """.formatted(
                            number, number, updated, stage, source, RUN));
        }

        private void write(String name, String text) throws IOException {
            Path file = mlruns.resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        }

        private record Done(ImportCounts counts, ImportNotes notes) {}

        private Done importAll() throws IOException {
            Done done = new Done(new ImportCounts(), new ImportNotes());
            try (FolderSource source = FolderSource.open(mlruns, List.of(), done.notes())) {
                new RegistryImport(db, ledger, clock, tracking, done.counts(), done.notes())
                        .run("test", source.registry());
            }
            return done;
        }

        private ModelVersion version(int number) {
            return registry.versions().get("churn", String.valueOf(number));
        }

        @Test
        void names_numbers_stages_times_tags_and_aliases_are_kept() throws IOException {
            Done done = importAll();

            assertThat(done.counts().get(Of.MODEL_VERSIONS_NEW)).isEqualTo(2);
            assertThat(version(3).stage()).isEqualTo(Stage.PRODUCTION);
            assertThat(version(3).aliases()).containsExactly("champion");
            assertThat(version(3).createdAt().toEpochMilli()).isEqualTo(1700000000500L);
            assertThat(version(1).source()).isEqualTo("s3://bucket/1");
            assertThat(registry.registry().get("churn").tags()).containsEntry("owner", "ada");
            assertThat(ledger.eventsAbout("model-version:churn/3"))
                    .extracting(Event::type)
                    .containsExactly("model-version.imported", "model-version.alias-imported");
        }

        @Test
        void the_next_version_gets_a_number_that_none_had() throws IOException {
            importAll();

            var next = registry.versions()
                    .create(new NewModelVersion("churn", "s3://bucket/next", null, null, "", "", Map.of()));

            assertThat(next.number()).isEqualTo(4);
        }

        @Test
        void artifacts_that_were_not_imported_are_told() throws IOException {
            Done done = importAll();

            assertThat(version(3).source()).isEqualTo("mlruns/0/" + RUN + "/artifacts/model");
            assertThat(done.notes().of(Dealing.CHANGED))
                    .containsOnlyKeys("model versions whose artifacts lie where this server does not look");
        }

        @Test
        void what_was_changed_here_since_stays_and_what_was_changed_there_later_comes() throws IOException {
            importAll();
            registry.registry().setAlias("churn", "champion", "1");
            registry.versions().delete("churn", "3");
            version(1, "s3://bucket/1", "Staging", 1700000009000L);

            Done second = importAll();

            assertThat(version(1).aliases()).containsExactly("champion");
            assertThat(version(1).stage()).isEqualTo(Stage.STAGING);
            assertThat(second.counts().get(Of.MODEL_VERSIONS_UPDATED)).isEqualTo(1);
            assertThat(second.counts().get(Of.MODEL_VERSIONS_NEW)).isZero();
            assertThat(registry.registry().get("churn").latestVersions())
                    .extracting(ModelVersion::number)
                    .containsExactly(1L);
        }

        @Test
        void a_number_that_stands_for_something_else_here_is_left_alone_and_told() throws IOException {
            registry.registry().create("churn", "", Map.of());
            registry.versions().create(new NewModelVersion("churn", "s3://ours/1", null, null, "", "", Map.of()));

            Done done = importAll();

            assertThat(version(1).source()).isEqualTo("s3://ours/1");
            assertThat(version(3).stage()).isEqualTo(Stage.PRODUCTION);
            assertThat(done.counts().get(Of.REGISTERED_MODELS_KNOWN)).isEqualTo(1);
            assertThat(done.notes().of(Dealing.FAILED))
                    .containsOnlyKeys("model versions whose number stands for something else here");
        }

        @Test
        void what_no_client_could_have_made_is_refused_one_by_one() throws IOException {
            write("models/bad/meta.yaml", "name: 'a:b'\ncreation_timestamp: 1\nlast_updated_timestamp: 1\n");
            version(2, "s3://bucket/2", "Somewhere", 1700000001000L);
            write("models/churn/aliases/v9", "3");

            Done done = importAll();

            assertThat(done.counts().get(Of.MODEL_VERSIONS_NEW)).isEqualTo(2);
            assertThat(done.notes().of(Dealing.FAILED))
                    .containsOnlyKeys(
                            "registered model that could not be imported",
                            "model version that could not be imported",
                            "alias that could not be imported");
        }
    }
}
