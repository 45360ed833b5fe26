package io.millwright.serving.log;

import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.tables.TableService;
import io.millwright.serving.endpoints.EndpointService;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Removes predictions that are older than their endpoint's policy keeps them, file by file, once an hour. The
/// dataset's
/// earlier versions have them until they expire.
public final class Retention implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Retention.class);
    private static final Duration EVERY = Duration.ofHours(1);

    private final EndpointService endpoints;
    private final PredictionTables tables;
    private final Clock clock;
    private final CountDownLatch closing = new CountDownLatch(1);

    public Retention(EndpointService endpoints, TableService tables, Clock clock) {
        this.endpoints = endpoints;
        this.tables = new PredictionTables(tables);
        this.clock = clock;
    }

    public void start() {
        Thread.ofVirtual().name("prediction-retention").start(() -> {
            try {
                while (!closing.await(EVERY.toMillis(), TimeUnit.MILLISECONDS)) run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /// Looks at all endpoints once.
    void run() {
        for (EndpointService.Placed placed : endpoints.all()) {
            int days = placed.endpoint().revision().setup().policy().retentionDays();
            if (days == 0) continue;
            Instant before = clock.instant().minus(Duration.ofDays(days));
            String name = placed.endpoint().name();
            try {
                long rows = new RequestContext("retention", Principal.SYSTEM, placed.workspace())
                        .call(() -> tables.removeBefore(PredictionTables.dataset(name), before));
                if (rows > 0) log.info("{} predictions of endpoint {} before {} were removed", rows, name, before);
            } catch (RuntimeException e) {
                log.warn("old predictions of endpoint {} stay for now", name, e);
            }
        }
    }

    @Override
    public void close() {
        closing.countDown();
    }
}
