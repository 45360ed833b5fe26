package io.millwright.serving.live;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Puts endpoints to sleep: those that nobody has asked for as long as their policy says, and when all models take
/// more memory than they may, those not asked for longest. An endpoint whose canary is watched stays awake.
final class Sleep {
    private static final Logger log = LoggerFactory.getLogger(Sleep.class);
    /// One that has just been asked is not worth its waking.
    private static final Duration LEAST_IDLE = Duration.ofSeconds(5);

    private static final Duration BETWEEN = Duration.ofSeconds(2);

    private final long memoryBytes;
    private final Lock changing;
    private long last = System.nanoTime();
    private boolean toldOfTooMuch;

    /// @param changing held by who changes what an endpoint answers by
    Sleep(long memoryBytes, Lock changing) {
        this.memoryBytes = memoryBytes;
        this.changing = changing;
    }

    void look(List<LiveEndpoints.Placed> all) {
        List<LiveEndpoints.Placed> awake = all.stream()
                .filter(each -> !each.endpoint().isAsleep())
                .filter(each -> each.endpoint().routing().isPresent())
                .toList();
        for (LiveEndpoints.Placed each : awake) {
            int after = each.endpoint()
                    .routing()
                    .map(now -> now.revision().setup().policy().sleepAfterSeconds())
                    .orElse(0);
            if (after > 0 && each.endpoint().idle().toSeconds() >= after)
                sleep(each, "nobody has asked for %d s".formatted(after));
        }
        if (System.nanoTime() - last < BETWEEN.toNanos()) return;
        last = System.nanoTime();
        keepToBudget(awake);
    }

    private void keepToBudget(List<LiveEndpoints.Placed> awake) {
        long used = 0;
        for (LiveEndpoints.Placed each : awake) used += each.endpoint().memoryBytes();
        if (used <= memoryBytes) return;
        List<LiveEndpoints.Placed> idle = awake.stream()
                .filter(each -> each.endpoint().idle().compareTo(LEAST_IDLE) >= 0)
                .sorted(Comparator.comparing(
                                (LiveEndpoints.Placed each) -> each.endpoint().idle())
                        .reversed())
                .toList();
        for (LiveEndpoints.Placed each : idle) {
            if (used <= memoryBytes) return;
            long freed = each.endpoint().memoryBytes();
            if (sleep(each, "models take %d MB of memory (serving.memory)".formatted(used / 1_000_000))) used -= freed;
        }
        if (used > memoryBytes && !toldOfTooMuch) {
            toldOfTooMuch = true;
            log.warn(
                    "the models of endpoints that are asked take {} MB of memory, more than serving.memory ({} MB)",
                    used / 1_000_000,
                    memoryBytes / 1_000_000);
        }
    }

    private boolean sleep(LiveEndpoints.Placed placed, String why) {
        LiveEndpoint endpoint = placed.endpoint();
        changing.lock();
        try {
            if (endpoint.isAsleep()
                    || endpoint.routing().map(now -> now.canary() >= 0).orElse(true)) return false;
            endpoint.sleep();
        } finally {
            changing.unlock();
        }
        log.info("endpoint {} sleeps until it is asked again: {}", placed.name(), why);
        return true;
    }
}
