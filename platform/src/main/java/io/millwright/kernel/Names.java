package io.millwright.kernel;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.ArrayDeque;
import java.util.Deque;

/// What names and values a client may log, with the messages MLflow's clients know.
public final class Names {
    public static final int KEY_LIMIT = 250;
    public static final int PARAM_LIMIT = 6000;
    public static final int RUN_TAG_LIMIT = 8000;
    public static final int EXPERIMENT_TAG_LIMIT = 20_000;

    private static final String CHARACTERS =
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.),"
                    + " spaces ( ), colon(:) and slashes (/).";

    private Names() {}

    /// A key is also a path in some clients, so it must be its own normal form.
    ///
    /// @param path where the key stands in the request, for the message
    public static String key(String path, String key) {
        if (!key.codePoints().allMatch(Names::isAllowed)) throw invalid(path, key, CHARACTERS);
        return path(path, key);
    }

    /// A name of any characters that is its own normal form as a path.
    ///
    /// @param path where the name stands in the request, for the message
    public static String path(String path, String name) {
        String normal = normalize(name);
        if (!normal.equals(name) || name.equals(".") || name.startsWith("..") || name.startsWith("/")) {
            throw invalid(
                    path,
                    name,
                    "Names may be treated as files in certain cases, and must not resolve to other names"
                            + " when treated as such. This name would resolve to " + quote(normal));
        }
        return name;
    }

    public static String limited(String what, int limit, String text) {
        if (length(text) > limit) throw tooLong(what, limit);
        return text;
    }

    /// MLflow cuts params and tags of runs silently at their limit.
    public static String cut(int limit, String text) {
        return length(text) <= limit ? text : text.substring(0, text.offsetByCodePoints(0, limit));
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    public static Failure tooLong(String what, int limit) {
        return INVALID_ARGUMENT.because("'" + what + "' exceeds the maximum length of " + limit + " characters");
    }

    public static Failure invalid(String path, String value, String why) {
        return INVALID_ARGUMENT.because(
                "Invalid value " + jsonText(value) + " for parameter '" + path + "' supplied: " + why);
    }

    private static boolean isAllowed(int c) {
        return Character.isLetterOrDigit(c)
                || Character.getType(c) == Character.LETTER_NUMBER
                || Character.getType(c) == Character.OTHER_NUMBER
                || "_-. :/".indexOf(c) >= 0;
    }

    /// POSIX's normal form of a path: no empty or `.` parts, `..` resolved. Empty becomes `.`.
    private static String normalize(String path) {
        if (path.isEmpty()) return ".";
        String root = path.startsWith("//") && !path.startsWith("///") ? "//" : path.startsWith("/") ? "/" : "";
        Deque<String> parts = new ArrayDeque<>();
        for (String part : path.split("/")) {
            if (part.isEmpty() || part.equals(".")) continue;
            if (part.equals("..") && !parts.isEmpty() && !parts.getLast().equals("..")) parts.removeLast();
            else if (!part.equals("..") || root.isEmpty()) parts.addLast(part);
        }
        String joined = root + String.join("/", parts);
        return joined.isEmpty() ? "." : joined;
    }

    /// As Python's `json.dumps` writes a text: ASCII only.
    private static String jsonText(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                default -> {
                    if (c < 0x20 || c > 0x7e) json.append("\\u%04x".formatted((int) c));
                    else json.append(c);
                }
            }
        }
        return json.append('"').toString();
    }

    /// As Python's `repr` writes a text without quotes inside.
    public static String quote(String text) {
        return text.contains("'") && !text.contains("\"") ? "\"" + text + "\"" : "'" + text.replace("'", "\\'") + "'";
    }
}
