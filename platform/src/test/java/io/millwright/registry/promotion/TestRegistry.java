package io.millwright.registry.promotion;

import io.millwright.kernel.Access;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.registry.NewModelVersion;
import io.millwright.registry.RegistryService;
import io.millwright.registry.RegistrySlice;
import io.millwright.registry.VersionService;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.NewRun;
import io.millwright.tracking.TrackingSlice;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// A registry with promotion on a database of its own, as several people use it.
final class TestRegistry implements AutoCloseable {
    final FakeClock clock = new FakeClock();
    final Ids ids = new Ids(new SecureRandom());
    final Db db;
    final Ledger ledger;
    final ArtifactsSlice artifacts;
    final TrackingSlice tracking;
    final PromotionSlice promotion;
    final RegistryService registry;
    final VersionService versions;

    TestRegistry(Db db, Path home) {
        this.db = db;
        new Migrator(db)
                .migrate(Stream.of(
                                Ledger.MIGRATIONS,
                                ArtifactsSlice.MIGRATIONS,
                                TrackingSlice.MIGRATIONS,
                                RegistrySlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        ledger = new Ledger(db, clock, ids);
        artifacts = ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(home.resolve("artifacts")));
        tracking = TrackingSlice.wire(db, ledger, clock, ids, artifacts.service());
        promotion = process(db);
        RegistrySlice slice = RegistrySlice.wire(db, ledger, clock, tracking, promotion.governor());
        registry = slice.registry();
        versions = slice.versions();
    }

    /// Another process on the same database.
    PromotionSlice process(Db seen) {
        return PromotionSlice.wire(seen, ledger, clock, ids, tracking, PolicyReaderTest.SOME);
    }

    static <T> T as(String principal, Supplier<T> work) {
        return in("default", principal, work);
    }

    static <T> T in(String workspace, String principal, Supplier<T> work) {
        return new RequestContext("test", new Principal(principal), workspace).call(work::get);
    }

    /// As somebody who has only these rights.
    static <T> T with(Set<Right> rights, String principal, Supplier<T> work) {
        Access access = (right, workspace, entity, parents) -> rights.contains(right);
        return new RequestContext("test", new Principal(principal), "default", access, "").call(work::get);
    }

    PolicyVersion apply(String document) {
        String name = document.lines()
                .filter(line -> line.startsWith("policy: "))
                .map(line -> line.substring("policy: ".length()))
                .findFirst()
                .orElseThrow();
        return promotion.policies().apply(name, document, OptionalLong.empty(), false);
    }

    /// A new version of a model by somebody, from a run with a metric; the model comes by itself.
    long version(String author, String model, double auc) {
        return as(author, () -> {
            if (registry.search("name = '" + model + "'", List.of(), 1, Optional.empty())
                    .items()
                    .isEmpty()) registry.create(model, "", Map.of());
            String run = run(auc);
            return versions.create(new NewModelVersion(model, "runs:/" + run + "/model", run, null, "", "", Map.of()))
                    .number();
        });
    }

    String run(double auc) {
        String run = tracking.runs()
                .create(0, new NewRun("u", "fit", 1, Map.of()))
                .info()
                .id();
        tracking.runs().logMetric(run, new MetricPoint("auc", auc, 1, 0), Optional.empty());
        return run;
    }

    void put(String run, String file, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try {
            artifacts
                    .service()
                    .store("0/" + run + "/artifacts/model/" + file, new ByteArrayInputStream(bytes), bytes.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Optional<Long> alias(String model, String alias) {
        return Optional.ofNullable(registry.get(model).aliases().get(alias));
    }

    List<String> events(Promotion of) {
        return ledger.eventsAbout(of.urn()).stream().map(Event::type).toList();
    }

    @Override
    public void close() {
        promotion.close();
        artifacts.close();
        ledger.close();
        db.close();
    }
}
