package io.millwright.serving.truth;

/// How two variants of an endpoint compare by what turned out to be true.
///
/// @param difference of the second's mean to the first's
/// @param pValue may be looked at at any time; 1 as long as there is too little to say
/// @param low the lower end of the interval for the difference
/// @param decided whether the p-value is below alpha
public record Comparison(
        String measure,
        double alpha,
        Side first,
        Side second,
        double difference,
        double pValue,
        double low,
        double high,
        boolean decided) {
    /// @param count answers whose truth is known
    public record Side(String variant, long count, double mean, double deviation) {}

    /// What is measured of an answer whose truth is known.
    public enum Measure {
        /// 1 when both are the same, else 0.
        ACCURACY,
        ABSOLUTE_ERROR,
        /// Of a probability and a truth of 0 or 1 it is the Brier score.
        SQUARED_ERROR;

        double of(String answer, String truth) {
            if (this == ACCURACY) return same(answer, truth) ? 1 : 0;
            double apart = Double.parseDouble(answer) - Double.parseDouble(truth);
            return this == ABSOLUTE_ERROR ? Math.abs(apart) : apart * apart;
        }

        private static boolean same(String answer, String truth) {
            if (answer.equals(truth)) return true;
            try {
                return Double.parseDouble(answer) == Double.parseDouble(truth);
            } catch (NumberFormatException e) {
                return false;
            }
        }
    }
}
