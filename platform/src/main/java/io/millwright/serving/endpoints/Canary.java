package io.millwright.serving.endpoints;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.List;

/// A variant that gets more and more of the requests, as long as it keeps to its guards. Each step is a revision.
///
/// @param variant which
/// @param champion the one it is compared with, and that answers again when it fails
/// @param steps its shares of the requests in percent, ascending
/// @param step the place of the one that holds now
/// @param holdSeconds how long a step lasts at least
/// @param leastRequests how many requests it has answered at least before a step ends
public record Canary(
        String variant,
        String champion,
        List<Integer> steps,
        int step,
        int holdSeconds,
        int leastRequests,
        Guards guards) {
    private static final int MOST_STEPS = 50;

    public Canary {
        steps = List.copyOf(steps);
        check(steps);
        if (holdSeconds < 1 || holdSeconds > 30 * 24 * 3600)
            throw INVALID_ARGUMENT.because("'hold_seconds' is %d, expected 1 to 2592000.", holdSeconds);
        if (leastRequests < 1 || leastRequests > 1_000_000_000)
            throw INVALID_ARGUMENT.because("'least_requests' is %d, expected 1 to 1000000000.", leastRequests);
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when they are no steps
    public static void check(List<Integer> steps) {
        int before = 0;
        boolean ascending = true;
        for (int share : steps) {
            ascending &= share > before;
            before = share;
        }
        if (!ascending || before != 100 || steps.size() > MOST_STEPS) {
            throw INVALID_ARGUMENT.because(
                    "'steps' is %s, expected up to %d ascending percentages of which the last is 100.",
                    steps, MOST_STEPS);
        }
    }

    public int share() {
        return steps.get(step);
    }

    public boolean isLast() {
        return step == steps.size() - 1;
    }

    public Canary next() {
        return new Canary(variant, champion, steps, step + 1, holdSeconds, leastRequests, guards);
    }
}
