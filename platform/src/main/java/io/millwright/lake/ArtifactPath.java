package io.millwright.lake;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Where an artifact stands, relative to the root of its workspace: segments joined by `/`, none of them empty,
/// `.` or `..`. It is a key of the database and never becomes a name in a file system; it is refused in every
/// spelling that would climb somewhere, because clients do make files of it.
public final class ArtifactPath {
    static final int LONGEST = 1024;

    private static final int DECODINGS = 10;

    private final String value;

    private ArtifactPath(String value) {
        this.value = value;
    }

    /// A file or a directory; empty is the root.
    ///
    /// Segments `.` and empty ones are dropped, as MLflow does. A name that holds a percent sign stays as it is,
    /// but it is refused when decoding it again, as often as anybody may, would make it climb.
    ///
    /// @throws Failure INVALID_ARGUMENT with MLflow's own words
    public static ArtifactPath of(String text) {
        if (text.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
            throw INVALID_ARGUMENT.because(
                    "Invalid path: %d bytes of UTF-8, expected at most %d.",
                    text.getBytes(StandardCharsets.UTF_8).length, LONGEST);
        }
        String decoded = text;
        for (int i = 0; i < DECODINGS; i++) {
            refuseUnlessSafe(decoded);
            String next = decodedOnce(decoded);
            if (next.equals(decoded)) return new ArtifactPath(normalized(text));
            decoded = next;
        }
        throw invalid();
    }

    /// A file: neither the root nor something that ends like a directory.
    static ArtifactPath ofFile(String text) {
        if (text.endsWith("/")) {
            throw INVALID_ARGUMENT.because("Artifact path must include a filename (cannot end with '/').");
        }
        ArtifactPath path = of(text);
        if (path.isRoot() || Arrays.asList(text.split("/")).contains(".")) throw invalid();
        return path;
    }

    /// A value that was checked when it was written.
    static ArtifactPath stored(String value) {
        return new ArtifactPath(value);
    }

    public String value() {
        return value;
    }

    boolean isRoot() {
        return value.isEmpty();
    }

    /// The last segment.
    String name() {
        return value.substring(value.lastIndexOf('/') + 1);
    }

    /// Everything before the last segment; the root's parent is the root.
    ArtifactPath parent() {
        int slash = value.lastIndexOf('/');
        return new ArtifactPath(slash < 0 ? "" : value.substring(0, slash));
    }

    /// A file under this directory.
    ArtifactPath child(String name) {
        return ofFile(isRoot() ? name : value + "/" + name);
    }

    private static void refuseUnlessSafe(String path) {
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '\\' || c == '#') throw invalid();
            if (Character.isISOControl(c)) {
                throw INVALID_ARGUMENT.because(
                        "Invalid path: it holds the control character U+%04X at position %d.", (int) c, i);
            }
            if (Character.isHighSurrogate(c) && i + 1 < path.length() && Character.isLowSurrogate(path.charAt(i + 1)))
                i++;
            else if (Character.isSurrogate(c)) {
                throw INVALID_ARGUMENT.because(
                        "Invalid path: it holds half a surrogate pair at position %d, which is no character.", i);
            }
        }
        boolean drive = path.length() > 1 && path.charAt(1) == ':' && Character.isLetter(path.charAt(0));
        if (drive || path.startsWith("/") || path.toLowerCase(Locale.ROOT).startsWith("file:")) throw invalid();
        // Windows takes ".. " for "..".
        if (Arrays.stream(path.split("/")).anyMatch(segment -> segment.strip().equals(".."))) throw invalid();
    }

    private static String normalized(String path) {
        List<String> segments = new ArrayList<>();
        for (String segment : path.split("/", -1)) {
            if (!segment.isEmpty() && !segment.equals(".")) segments.add(segment);
        }
        return String.join("/", segments);
    }

    /// Python's `unquote`: what is no percent escape stays.
    private static String decodedOnce(String text) {
        if (text.indexOf('%') < 0) return text;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            int high = bytes[i] == '%' && i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
            int low = high < 0 ? -1 : Character.digit(bytes[i + 2], 16);
            if (low < 0) {
                decoded.write(bytes[i]);
            } else {
                decoded.write(high << 4 | low);
                i += 2;
            }
        }
        return decoded.toString(StandardCharsets.UTF_8);
    }

    private static Failure invalid() {
        return INVALID_ARGUMENT.because("Invalid path");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ArtifactPath path && path.value.equals(value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }
}
