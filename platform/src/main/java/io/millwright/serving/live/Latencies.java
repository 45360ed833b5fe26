package io.millwright.serving.live;

import java.util.concurrent.atomic.AtomicLongArray;

/// Counts of times, eight classes to an octave: a quantile is told too large by 13 % at most.
public final class Latencies {
    /// From a quarter of a microsecond to more than an hour.
    static final int CLASSES = 272;

    private final AtomicLongArray counts = new AtomicLongArray(CLASSES);

    void add(long nanos) {
        counts.incrementAndGet(place(nanos));
    }

    void add(int place, long count) {
        counts.addAndGet(Math.clamp(place, 0, CLASSES - 1), count);
    }

    private static int place(long nanos) {
        if (nanos < 256) return 0;
        int octave = 63 - Long.numberOfLeadingZeros(nanos);
        int eighth = (int) (nanos >>> (octave - 3)) & 7;
        return Math.min(CLASSES - 1, (octave - 8) * 8 + eighth);
    }

    /// The upper end of a class.
    private static double nanos(int place) {
        return Math.scalb(8.0 + place % 8 + 1, place / 8 + 5);
    }

    public long count() {
        long sum = 0;
        for (int i = 0; i < CLASSES; i++) sum += counts.get(i);
        return sum;
    }

    long count(int place) {
        return counts.get(place);
    }

    /// @param share such as 0.99
    /// @return milliseconds; NaN when nothing was counted
    public double quantile(double share) {
        long all = count();
        if (all == 0) return Double.NaN;
        long wanted = (long) Math.ceil(all * share);
        long seen = 0;
        for (int i = 0; i < CLASSES; i++) {
            seen += counts.get(i);
            if (seen >= wanted) return nanos(i) / 1e6;
        }
        return nanos(CLASSES - 1) / 1e6;
    }
}
