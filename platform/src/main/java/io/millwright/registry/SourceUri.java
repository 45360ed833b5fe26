package io.millwright.registry;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A version's source taken apart as Python's `urlsplit` does, which never fails; `java.net.URI` refuses half of what
/// clients send.
///
/// @param scheme in lower case; empty for a path
/// @param authority what stands between `//` and the path
/// @param path as written, without query and fragment
record SourceUri(String text, String scheme, String authority, String path) {
    private static final Pattern PARTS = Pattern.compile(
            "(?:(?<scheme>[A-Za-z][A-Za-z0-9+.\\-]*):)?(?://(?<authority>[^/?#]*))?(?<path>[^?#]*).*", Pattern.DOTALL);
    private static final Pattern ESCAPES = Pattern.compile("(?:%[0-9A-Fa-f]{2})+");
    private static final Set<String> HOST_SCHEMES =
            Set.of("ftp", "sftp", "hdfs", "viewfs", "http", "https", "mlflow-artifacts", "r2", "b2", "abfss");
    private static final List<String> PROXY = List.of("api", "2.0", "mlflow-artifacts", "artifacts");

    static SourceUri of(String text) {
        Matcher parts = PARTS.matcher(text);
        if (!parts.matches()) throw new IllegalStateException("every text has parts: " + text);
        return new SourceUri(
                text,
                orEmpty(parts.group("scheme")).toLowerCase(Locale.ROOT),
                orEmpty(parts.group("authority")),
                parts.group("path"));
    }

    private static String orEmpty(@Nullable String group) {
        return group == null ? "" : group;
    }

    /// A place on the machine of whoever reads it.
    boolean isLocal() {
        return scheme.isEmpty() || scheme.equals("file");
    }

    /// Whether whoever opens it connects to a machine that it names, instead of to a known service's.
    boolean namesHost() {
        return HOST_SCHEMES.contains(scheme) && !(scheme.equals("mlflow-artifacts") && authority.isEmpty());
    }

    /// Whether the path, with every escape undone, is absolute, not the root, and the same to whoever resolves it.
    boolean isPlain() {
        String open = text;
        for (String next = unquote(open.replace('+', ' ')); !next.equals(open); ) {
            open = next;
            next = unquote(open.replace('+', ' '));
        }
        if (open.chars().anyMatch(Character::isISOControl)) return false;
        if (Arrays.asList(open.split("/")).contains("..")) return false;
        String resolved = of(open).path().replaceAll("/+", "/");
        return resolved.startsWith("/")
                && resolved.length() > 1
                && Arrays.stream(resolved.split("/")).noneMatch(part -> part.equals(".") || part.equals(".."));
    }

    /// Whether it leads to artifacts that a tracking server keeps for its clients, by its own name or by its address.
    boolean isProxied() {
        if (scheme.equals("mlflow-artifacts")) return true;
        if (!scheme.equals("http") && !scheme.equals("https")) return false;
        List<String> parts = parts();
        for (int i = 0; i + PROXY.size() <= parts.size(); i++) {
            if (parts.subList(i, i + PROXY.size()).equals(PROXY)) return true;
        }
        return false;
    }

    boolean isWithin(SourceUri root) {
        List<String> above = root.parts();
        List<String> own = parts();
        return scheme.equals(root.scheme)
                && authority.equalsIgnoreCase(root.authority)
                && !above.isEmpty()
                && own.size() >= above.size()
                && own.subList(0, above.size()).equals(above);
    }

    private List<String> parts() {
        return Arrays.stream(path.split("/"))
                .filter(part -> !part.isEmpty())
                .map(SourceUri::unquotedWholly)
                .toList();
    }

    private static String unquotedWholly(String text) {
        String open = text;
        for (String next = unquote(open); !next.equals(open); next = unquote(open)) open = next;
        return open;
    }

    private static String unquote(String text) {
        return ESCAPES.matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(
                        new String(HexFormat.of().parseHex(found.group().replace("%", "")), StandardCharsets.UTF_8)));
    }
}
