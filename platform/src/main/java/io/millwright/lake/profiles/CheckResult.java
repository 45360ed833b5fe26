package io.millwright.lake.profiles;

import java.util.List;

/// How a version kept a rule.
///
/// @param passed false, too, when the rule could not be checked
/// @param measured what was found, for people: how many rows break it, or a figure
/// @param violations rows that break it; 1 for rules on the whole
/// @param examples values that break it; none of columns that are tagged as personal
record CheckResult(
        String rule,
        String kind,
        String severity,
        boolean passed,
        String measured,
        long violations,
        List<String> examples) {
    CheckResult {
        examples = List.copyOf(examples);
    }

    boolean stops() {
        return !passed && severity.equals(Rule.Severity.ERROR.word());
    }
}
