package io.millwright.tracking;

/// One value of one metric.
///
/// @param timestampMillis epoch milliseconds ≥ 0, as the client sent it
/// @param value may be NaN; ±infinity is kept as ±[Double#MAX_VALUE], as MLflow does
public record MetricPoint(String key, double value, long timestampMillis, long step) {
    public MetricPoint {
        if (Double.isInfinite(value)) value = Math.copySign(Double.MAX_VALUE, value);
    }

    /// NaN has no order and no place in an index: it is stored as 0 with a flag.
    double storedValue() {
        return Double.isNaN(value) ? 0 : value;
    }

    int nanFlag() {
        return Double.isNaN(value) ? 1 : 0;
    }

    static double load(double stored, int nanFlag) {
        return nanFlag == 1 ? Double.NaN : stored;
    }

    /// MLflow's rule for the latest: the greater (step, timestamp, value) wins, whenever it arrives.
    boolean isLaterThan(MetricPoint other) {
        if (step != other.step) return step > other.step;
        if (timestampMillis != other.timestampMillis) return timestampMillis > other.timestampMillis;
        return storedValue() > other.storedValue();
    }
}
