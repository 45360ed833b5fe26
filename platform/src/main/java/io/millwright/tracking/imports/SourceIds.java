package io.millwright.tracking.imports;

import io.millwright.tracking.LoggedModelStatus;
import io.millwright.tracking.RunStatus;
import java.io.IOException;
import java.util.regex.Pattern;

/// Ids and statuses as sources spell them, checked: ids become parts of paths.
final class SourceIds {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,127}");

    private SourceIds() {}

    static long experiment(String id) throws IOException {
        try {
            long number = Long.parseLong(id);
            if (number >= 0) return number;
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IOException("experiment id '%s', expected a number".formatted(id));
    }

    static String run(String id) throws IOException {
        return checked("run", id);
    }

    static String loggedModel(String id) throws IOException {
        return checked("logged model", id);
    }

    static boolean isLoggedModel(String id) {
        return ID.matcher(id).matches();
    }

    /// The id as the name of a file, never a path.
    static String fileName(String id) throws IOException {
        return checked("entity", id);
    }

    private static String checked(String what, String id) throws IOException {
        if (ID.matcher(id).matches()) return id;
        throw new IOException("%s id '%s', expected letters and digits".formatted(what, id));
    }

    /// @param status a name, or its number from 1
    static RunStatus status(String status) throws IOException {
        for (RunStatus one : RunStatus.values()) {
            if (one.name().equals(status) || String.valueOf(one.ordinal() + 1).equals(status)) return one;
        }
        throw new IOException(
                "run status '%s', expected RUNNING, SCHEDULED, FINISHED, FAILED or KILLED".formatted(status));
    }

    /// @param status a name, or its number from 1; whatever else is pending
    static LoggedModelStatus modelStatus(String status) {
        for (LoggedModelStatus one : LoggedModelStatus.values()) {
            boolean named = one.name().equals(status) || one.name().equals("LOGGED_MODEL_" + status);
            if (named || String.valueOf(one.ordinal() + 1).equals(status)) return one;
        }
        return LoggedModelStatus.LOGGED_MODEL_PENDING;
    }
}
