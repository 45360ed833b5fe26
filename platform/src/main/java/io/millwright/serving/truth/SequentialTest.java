package io.millwright.serving.truth;

/// Whether two variants differ in the mean of a measure, looked at as often as one likes: its p-value is valid at any
/// time.
///
/// The mixture sequential probability ratio test with a normal mixture, as in Johari, Koomen, Pekelis and Walsh,
/// "Peeking at
/// A/B Tests" (KDD 2017), equations 2 and 3, with the variances estimated from the data.
final class SequentialTest {
    /// Before so many of each, the estimate of a variance is not worth much.
    private static final int LEAST = 30;

    private final double alpha;
    private final double spread;
    private final Mean first = new Mean();
    private final Mean second = new Mean();
    private double pValue = 1;
    private double low = Double.NEGATIVE_INFINITY;
    private double high = Double.POSITIVE_INFINITY;

    /// Welford's mean and variance.
    static final class Mean {
        private long count;
        private double mean;
        private double squares;

        void add(double value) {
            count++;
            double before = value - mean;
            mean += before / count;
            squares += before * (value - mean);
        }

        long count() {
            return count;
        }

        double mean() {
            return mean;
        }

        double variance() {
            return count < 2 ? 0 : squares / (count - 1);
        }
    }

    /// @param expected how large a difference is expected about: the test is quickest for such
    SequentialTest(double alpha, double expected) {
        this.alpha = alpha;
        this.spread = expected * expected;
    }

    void addToFirst(double value) {
        first.add(value);
        look();
    }

    void addToSecond(double value) {
        second.add(value);
        look();
    }

    private void look() {
        if (first.count() < LEAST || second.count() < LEAST) return;
        // Where nothing varied yet, as if one more had been on the other side.
        double noise = noise(first) + noise(second);
        double difference = difference();
        double ratio = Math.sqrt(noise / (noise + spread))
                * Math.exp(spread * difference * difference / (2 * noise * (noise + spread)));
        pValue = Math.min(pValue, 1 / ratio);
        double width = Math.sqrt(
                noise * (noise + spread) / spread * (2 * Math.log(1 / alpha) + Math.log((noise + spread) / noise)));
        low = Math.max(low, difference - width);
        high = Math.min(high, difference + width);
    }

    private static double noise(Mean mean) {
        double floor = 1.0 / ((double) mean.count() * mean.count());
        return Math.max(mean.variance() / mean.count(), floor / mean.count());
    }

    /// Of the second's mean to the first's.
    double difference() {
        return second.mean() - first.mean();
    }

    double pValue() {
        return pValue;
    }

    /// A difference that lies outside is ruled out.
    double low() {
        return low;
    }

    double high() {
        return high;
    }

    boolean isDecided() {
        return pValue < alpha;
    }

    Mean first() {
        return first;
    }

    Mean second() {
        return second;
    }
}
