package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.time.Instant;
import java.util.Optional;

/// Keeps a version, or a whole dataset, from being removed by retention and by clients.
///
/// @param snapshotId the version; empty for every version there is and will be
/// @param kind why: [#LEGAL_HOLD], `model`, `validated-dataset`, …
/// @param holder the URN of what needs it, such as `model-version:churn/3` or `user:ada`
/// @param reason in the words of who pinned it; may be empty
public record Pin(
        Optional<Long> snapshotId, String kind, String holder, String reason, String actor, Instant createdAt) {
    public static final String LEGAL_HOLD = "legal-hold";

    private static final int LONGEST = 1000;

    public Pin {
        if (!kind.matches("[a-z][a-z-]{0,39}")) {
            throw INVALID_ARGUMENT.because(
                    "'kind' is '%s', expected small letters and '-', such as legal-hold, model or validated-dataset.",
                    kind);
        }
        if (!holder.matches("[a-z][a-z-]{0,39}:[^\\p{Cntrl}]{1,500}")) {
            throw INVALID_ARGUMENT.because(
                    "'holder' is '%s', expected the URN of what needs the version, such as model-version:churn/3.",
                    holder);
        }
        if (reason.length() > LONGEST || reason.indexOf('\0') >= 0) {
            throw INVALID_ARGUMENT.because(
                    "'reason' has %d characters, expected at most %d, and no U+0000.", reason.length(), LONGEST);
        }
    }

    boolean keeps(long snapshot) {
        return snapshotId.isEmpty() || snapshotId.get() == snapshot;
    }

    boolean isLegalHold() {
        return kind.equals(LEGAL_HOLD);
    }

    String describe() {
        return "%s of %s".formatted(kind, holder);
    }
}
