package io.millwright.serving.live;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// What a variant has done in the last hour, in steps of ten seconds, in this process.
public final class Meter {
    public static final int STEP_SECONDS = 10;
    private static final int STEPS = 360;

    private final AtomicReferenceArray<@Nullable Step> steps = new AtomicReferenceArray<>(STEPS);

    /// @param number of the step since 1970
    private record Step(long number, LongAdder answered, LongAdder refused, LongAdder failed, Latencies latencies) {}

    /// A step that has something to tell.
    ///
    /// @param second since 1970, at its beginning
    /// @param p50 milliseconds
    public record Point(long second, long answered, long refused, long failed, double p50, double p99) {}

    private Step step(long millis) {
        long number = millis / (1000L * STEP_SECONDS);
        int place = (int) (number % STEPS);
        while (true) {
            Step there = steps.get(place);
            if (there != null && there.number() >= number) return there;
            Step made = new Step(number, new LongAdder(), new LongAdder(), new LongAdder(), new Latencies());
            if (steps.compareAndSet(place, there, made)) return made;
        }
    }

    void answered(long millis, long nanos) {
        Step step = step(millis);
        step.answered().increment();
        step.latencies().add(nanos);
    }

    void refused(long millis) {
        step(millis).refused().increment();
    }

    void failed(long millis) {
        step(millis).failed().increment();
    }

    /// Oldest first.
    public List<Point> points(long fromMillis) {
        long from = fromMillis / (1000L * STEP_SECONDS);
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < STEPS; i++) {
            Step step = steps.get(i);
            if (step == null || step.number() < from) continue;
            points.add(new Point(
                    step.number() * STEP_SECONDS,
                    step.answered().sum(),
                    step.refused().sum(),
                    step.failed().sum(),
                    step.latencies().quantile(0.5),
                    step.latencies().quantile(0.99)));
        }
        points.sort((one, other) -> Long.compare(one.second(), other.second()));
        return points;
    }
}
