package io.millwright.tracking.imports;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which logged model a version's source names, where MLflow does not keep it beside.
final class LoggedModelSources {
    private static final Pattern BY_URI = Pattern.compile("models:/(m-[0-9a-f]{32})");
    private static final Pattern BY_FOLDER = Pattern.compile(".*/models/(m-[0-9a-f]{32})/artifacts/?");

    private LoggedModelSources() {}

    static @Nullable String idIn(String source) {
        Matcher uri = BY_URI.matcher(source);
        if (uri.matches()) return uri.group(1);
        Matcher folder = BY_FOLDER.matcher(source);
        return folder.matches() ? folder.group(1) : null;
    }
}
