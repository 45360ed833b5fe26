package io.millwright.tracking;

/// Thins a history for a chart.
final class MetricSampling {
    private MetricSampling() {}

    /// At most `most` points of an ordered history: the first of each of `most` equally large stretches, and the very
    /// last point. O(n).
    static MetricStore.History spread(MetricStore.History points, int most) {
        if (points.size <= most) return points;
        MetricStore.History sample = new MetricStore.History();
        int quotient = points.size / most;
        int remainder = points.size % most;
        for (int stretch = 0; stretch < most; stretch++) {
            int i = stretch == most - 1 ? points.size - 1 : stretch * quotient + Math.min(stretch, remainder);
            sample.add(points.at[i], points.step[i], points.value[i]);
        }
        return sample;
    }
}
