package io.millwright.tracking;

/// Thins a history for a chart while it is read: at most `most` of its points stay, the first of each of `most` equally
/// large stretches and the very last. O(most) memory, however long the history is.
final class MetricSampling {
    private final long total;
    private final int most;
    private final MetricStore.History kept = new MetricStore.History();
    private long seen;
    private int stretch;

    /// @param total how many points will come
    MetricSampling(long total, int most) {
        this.total = total;
        this.most = most;
    }

    void add(long timestamp, long step, double value) {
        if (seen++ == wanted()) {
            kept.add(timestamp, step, value);
            stretch++;
        }
    }

    private long wanted() {
        if (total <= most) return stretch;
        if (stretch == most - 1) return total - 1;
        return stretch * (total / most) + Math.min(stretch, total % most);
    }

    MetricStore.History kept() {
        return kept;
    }
}
