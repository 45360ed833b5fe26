package io.millwright.serving;

import io.millwright.serving.endpoints.Canary;
import io.millwright.serving.endpoints.Guards;
import io.millwright.serving.live.Counts;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// What is to become of a canary, by what it has done at its step.
///
/// A share is over its limit for sure when the lower end of its interval is (Wilson 1927, at three standard deviations,
/// as
/// it is looked at every second): that ends the canary at once, however few requests it had. A step is passed when it
/// lasted, was asked enough and every measure is below its limit. What stays undecided for ten times the step's length
/// ends
/// the canary, too.
///
/// @param reason in words
/// @param measured by measure; absent what nothing is known of yet
record Judgement(Verdict verdict, String reason, Map<Guards.Measure, Double> measured, Counts counts) {
    private static final double DEVIATIONS = 3;
    private static final int LONGEST_STEPS = 10;
    private static final int LEAST_FOR_QUANTILE = 100;

    enum Verdict {
        WAIT,
        ADVANCE,
        ROLL_BACK
    }

    static Judgement of(Canary canary, Counts counts, Duration age) {
        long asked = counts.answered() + counts.failed();
        Map<Guards.Measure, Double> measured = new EnumMap<>(Guards.Measure.class);
        if (asked > 0) measured.put(Guards.Measure.ERRORS, (double) counts.failed() / asked);
        if (counts.answered() >= LEAST_FOR_QUANTILE) measured.put(Guards.Measure.P99, counts.p99());
        if (counts.compared() > 0) {
            measured.put(Guards.Measure.DISAGREEMENT, (double) counts.disagreed() / counts.compared());
            measured.put(Guards.Measure.SHIFT, counts.shift());
        }
        boolean enough = asked >= canary.leastRequests();
        String over = "";
        String unknown = "";
        for (Guards.Measure measure : Guards.Measure.values()) {
            double limit = canary.guards().limit(measure).orElse(Double.NaN);
            if (Double.isNaN(limit)) continue;
            Double value = measured.get(measure);
            boolean known = value != null
                    && (measure == Guards.Measure.ERRORS
                            || measure == Guards.Measure.P99
                            || counts.compared() >= Math.min(canary.leastRequests(), LEAST_FOR_QUANTILE));
            if (value == null) {
                unknown = measure.word();
                continue;
            }
            if (isOver(measure, value, limit, counts, asked, enough && known)) {
                return new Judgement(
                        Verdict.ROLL_BACK,
                        "%s is %s, the guard is %s".formatted(measure.word(), value, limit),
                        measured,
                        counts);
            }
            if (!known) unknown = measure.word();
            else if (value >= limit) over = measure.word();
        }
        boolean lasted = age.toSeconds() >= canary.holdSeconds();
        if (lasted && enough && over.isEmpty() && unknown.isEmpty())
            return new Judgement(Verdict.ADVANCE, "within its guards", measured, counts);
        if (enough && age.toSeconds() >= (long) LONGEST_STEPS * canary.holdSeconds()) {
            String what = over.isEmpty() ? unknown + " could not be measured" : over + " stays at its limit";
            return new Judgement(Verdict.ROLL_BACK, what, measured, counts);
        }
        return new Judgement(Verdict.WAIT, enough ? "holding" : "waiting for requests", measured, counts);
    }

    private static boolean isOver(
            Guards.Measure measure, double value, double limit, Counts counts, long asked, boolean enough) {
        return switch (measure) {
            case ERRORS -> lower(counts.failed(), asked) > limit;
            case DISAGREEMENT -> lower(counts.disagreed(), counts.compared()) > limit;
            case P99, SHIFT -> enough && value >= limit;
        };
    }

    /// The lower end of Wilson's interval for a share.
    static double lower(long hits, long all) {
        if (all == 0) return 0;
        double share = (double) hits / all;
        double z2 = DEVIATIONS * DEVIATIONS;
        double middle = share + z2 / (2 * all);
        double width = DEVIATIONS * Math.sqrt(share * (1 - share) / all + z2 / (4.0 * all * all));
        return Math.max(0, (middle - width) / (1 + z2 / all));
    }

    /// As its event tells it.
    Map<String, Object> told(Canary canary) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("share", canary.share());
        told.put("reason", reason);
        told.put("guards", canary.guards().toString());
        measured.forEach((measure, value) -> told.put(measure.word(), value));
        told.put("answered", counts.answered());
        told.put("failed", counts.failed());
        told.put("compared", counts.compared());
        return told;
    }
}
