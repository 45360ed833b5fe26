package io.millwright.serving;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.serving.endpoints.Canary;
import io.millwright.serving.endpoints.Endpoint;
import io.millwright.serving.endpoints.EndpointService;
import io.millwright.serving.live.Counts;
import io.millwright.serving.live.LiveEndpoints;
import io.millwright.serving.live.Routing;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at each canary every second. All servers write down what they have measured, and each judges the sum; the
/// first
/// to change the endpoint has decided.
final class CanaryWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CanaryWatch.class);
    private static final Duration EVERY = Duration.ofSeconds(1);

    private final ServingService serving;
    private final EndpointService endpoints;
    private final LiveEndpoints live;
    private final Clock clock;
    private final String process;
    private final CountDownLatch closing = new CountDownLatch(1);

    /// @param process names this one among the servers
    CanaryWatch(ServingService serving, EndpointService endpoints, LiveEndpoints live, Clock clock, String process) {
        this.serving = serving;
        this.endpoints = endpoints;
        this.live = live;
        this.clock = clock;
        this.process = process;
    }

    void start() {
        Thread.ofVirtual().name("canaries").start(this::run);
    }

    private void run() {
        try {
            while (!closing.await(EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                for (LiveEndpoints.Placed placed : live.all()) {
                    Optional<Routing> routing = placed.endpoint().routing();
                    if (routing.isEmpty() || routing.get().canary() < 0) continue;
                    look(placed, routing.get());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(LiveEndpoints.Placed placed, Routing routing) {
        try {
            new RequestContext("canary", Principal.SYSTEM, placed.workspace()).call(() -> {
                Endpoint endpoint = endpoints.get(placed.name());
                // Another server was faster: this one follows.
                if (endpoint.revision().number() != routing.revision().number()) return 0;
                Judgement judgement = judge(endpoint, routing);
                if (judgement.verdict() != Judgement.Verdict.WAIT) serving.conclude(endpoint, judgement);
                return 0;
            });
        } catch (Failure e) {
            if (e.code() != ErrorCode.CONFLICT && e.code() != ErrorCode.NOT_FOUND)
                log.warn("the canary of endpoint {} could not be judged: {}", placed.name(), e.message());
        } catch (RuntimeException e) {
            log.warn("the canary of endpoint {} could not be judged", placed.name(), e);
        }
    }

    /// How a canary stands, over all servers.
    Judgement judge(Endpoint endpoint, Routing routing) {
        Canary canary = endpoint.revision().setup().canary().orElseThrow();
        Counts counts = Counts.of(routing.tallies().get(routing.canary()));
        endpoints.tellCounts(endpoint, process, counts.toString());
        for (String others : endpoints.countsOfOthers(endpoint, process)) counts.add(others);
        Duration age = Duration.between(endpoint.revision().createdAt(), clock.instant());
        return Judgement.of(canary, counts, age);
    }

    @Override
    public void close() {
        closing.countDown();
    }
}
