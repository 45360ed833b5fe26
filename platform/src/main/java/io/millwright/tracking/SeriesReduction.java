package io.millwright.tracking;

import java.util.Arrays;

/// Thins a series to the width of a chart while it is read. Few points stay as they are; of many, those that make what
/// is drawn from them look as if it were drawn from all: of each bucket of the range of x the first, lowest, highest
/// and last number, and the first NaN. O(width) memory, however long the series is.
final class SeriesReduction {
    /// Of each bucket.
    static final int MOST_KEPT = 5;
    /// For each bucket, so many stay all.
    static final int FEW = 4;

    private static final int FIRST = 0;
    private static final int LOW = 1;
    private static final int HIGH = 2;
    private static final int LAST = 3;
    private static final int NAN = 4;

    private final double from;
    private final double span;
    private final int width;
    private final SeriesPoints few = new SeriesPoints(64);
    /// Five for each bucket, once there are many points; where `seen` is 0 there is none.
    private long[] x = {};
    private double[] y = {};
    /// The number of the point as it came, from 1.
    private long[] seen = {};
    private long count;
    private long inBuckets;
    private boolean before;

    /// @param from the lowest x that is expected
    /// @param to the highest x that will come
    /// @param width ≥ 1
    SeriesReduction(long from, long to, int width) {
        this.from = from;
        this.span = (double) to - from + 1;
        this.width = width;
    }

    /// Takes the next point; x may come in any order.
    void add(long atX, double value) {
        before |= atX < from;
        if (++count > (long) FEW * width) {
            if (x.length == 0) intoBuckets();
            intoBucket(atX, value);
        } else {
            few.add(atX, value);
        }
    }

    /// How many points came.
    long count() {
        return count;
    }

    /// Whether one came from before the expected range: then the buckets are not what they should be.
    boolean cameFromBefore() {
        return before && x.length > 0;
    }

    private void intoBuckets() {
        x = new long[width * MOST_KEPT];
        y = new double[width * MOST_KEPT];
        seen = new long[width * MOST_KEPT];
        for (int i = 0; i < few.size(); i++) intoBucket(few.x(i), few.y(i));
    }

    private void intoBucket(long atX, double value) {
        inBuckets++;
        int bucket = MOST_KEPT * (int) Math.clamp((atX - from) * width / span, 0, width - 1);
        if (Double.isNaN(value)) {
            if (seen[bucket + NAN] == 0 || atX < x[bucket + NAN]) keep(bucket + NAN, atX, value);
            return;
        }
        if (seen[bucket + FIRST] == 0) {
            for (int slot = FIRST; slot <= LAST; slot++) keep(bucket + slot, atX, value);
            return;
        }
        if (atX < x[bucket + FIRST]) keep(bucket + FIRST, atX, value);
        if (atX >= x[bucket + LAST]) keep(bucket + LAST, atX, value);
        if (value < y[bucket + LOW]) keep(bucket + LOW, atX, value);
        if (value > y[bucket + HIGH]) keep(bucket + HIGH, atX, value);
    }

    private void keep(int slot, long atX, double value) {
        x[slot] = atX;
        y[slot] = value;
        seen[slot] = inBuckets;
    }

    /// What stays, by x; points of the same x as they came.
    SeriesPoints kept() {
        if (x.length == 0) return few.byX();
        SeriesPoints kept = new SeriesPoints(width * 2);
        Integer[] slots = new Integer[MOST_KEPT];
        for (int bucket = 0; bucket < x.length; bucket += MOST_KEPT) {
            for (int slot = 0; slot < MOST_KEPT; slot++) slots[slot] = bucket + slot;
            Arrays.sort(slots, (a, b) -> x[a] != x[b] ? Long.compare(x[a], x[b]) : Long.compare(seen[a], seen[b]));
            long last = 0;
            for (int slot : slots) {
                if (seen[slot] == 0 || seen[slot] == last) continue;
                kept.add(x[slot], y[slot]);
                last = seen[slot];
            }
        }
        return kept;
    }
}
