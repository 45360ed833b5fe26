package io.millwright.tracking.imports;

import io.millwright.kernel.Ids;
import io.millwright.lake.ArtifactService;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.SqliteDb;
import io.millwright.tracking.Experiment;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import io.millwright.tracking.TrackingImport;
import io.millwright.tracking.TrackingSlice;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/// A Millwright without its edge, to import into.
final class Installation implements AutoCloseable {
    final Db db;
    final Ledger ledger;
    final TrackingSlice tracking;
    final ArtifactService artifacts;
    final TrackingImport imports;
    private final ArtifactsSlice artifactsSlice;

    Installation(Path home) {
        Clock clock = Clock.systemUTC();
        Ids ids = new Ids(new Random(7));
        db = SqliteDb.open(home.resolve("millwright.db"));
        List<Migration> migrations = new ArrayList<>(Ledger.MIGRATIONS);
        migrations.addAll(ArtifactsSlice.MIGRATIONS);
        migrations.addAll(TrackingSlice.MIGRATIONS);
        new Migrator(db).migrate(migrations);
        ledger = new Ledger(db, clock, ids);
        artifactsSlice =
                ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(home.resolve("artifacts")));
        artifacts = artifactsSlice.service();
        tracking = TrackingSlice.wire(db, ledger, clock, ids, artifacts);
        imports = new TrackingImport(db, ledger, clock);
    }

    /// What one import did.
    record Done(ImportCounts counts, ImportNotes notes) {
        long count(ImportCounts.Of what) {
            return counts.get(what);
        }

        List<String> leftOut() {
            return kinds(ImportNotes.Dealing.LEFT_OUT);
        }

        List<String> changed() {
            return kinds(ImportNotes.Dealing.CHANGED);
        }

        List<String> failed() {
            return kinds(ImportNotes.Dealing.FAILED);
        }

        private List<String> kinds(ImportNotes.Dealing dealing) {
            return List.copyOf(notes.of(dealing).keySet());
        }
    }

    @FunctionalInterface
    interface Opener {
        MlflowSource open(ImportNotes notes) throws IOException;
    }

    Done importFrom(Opener opener) throws IOException {
        return importFrom(opener, new MlflowImport.Options(true, false));
    }

    Done importFrom(Opener opener, MlflowImport.Options options) throws IOException {
        ImportCounts counts = new ImportCounts();
        ImportNotes notes = new ImportNotes();
        try (MlflowSource source = opener.open(notes)) {
            new MlflowImport(source, imports, artifacts, options, counts, notes).run();
        }
        return new Done(counts, notes);
    }

    Experiment experiment(String name) {
        return tracking.experiments().getByName(name);
    }

    Run run(String id) {
        return tracking.runs().get(id);
    }

    /// The whole history of a metric, in the order of time.
    List<MetricPoint> history(String run, String key) {
        return db.read(sql -> sql.query(
                "select p.at, p.step, p.value, p.is_nan from metric_points p join metric_series s on s.id = p.series"
                        + " join runs r on r.no = s.run where r.id = ? and s.key = ? order by p.at, p.step",
                row -> new MetricPoint(
                        key, row.getInt(4) == 1 ? Double.NaN : row.getDouble(3), row.getLong(1), row.getLong(2)),
                run,
                key));
    }

    String artifact(String uri, String path) throws IOException {
        String folder = TrackingImport.pathInOwnStore(uri).orElseThrow();
        try (var in = artifacts.open(folder + "/" + path).stream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    List<String> events(String entity) {
        return ledger.eventsAbout(entity).stream().map(event -> event.type()).toList();
    }

    @Override
    public void close() {
        artifactsSlice.close();
        db.close();
    }

    /// Copies the hand-written file store `import/mlruns` of the test resources.
    static Path copyOfMlruns(Path target) throws IOException {
        Path from;
        try {
            from = Path.of(Objects.requireNonNull(Installation.class.getResource("/import/mlruns"))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path to = target.resolve(from.relativize(file));
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
                return FileVisitResult.CONTINUE;
            }
        });
        return target;
    }
}
