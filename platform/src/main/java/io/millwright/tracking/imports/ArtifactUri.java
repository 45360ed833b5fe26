package io.millwright.tracking.imports;

import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What an MLflow artifact URI points at.
sealed interface ArtifactUri {
    Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(.*)", Pattern.DOTALL);

    /// A folder of the machine that MLflow runs on.
    record Local(Path path) implements ArtifactUri {}

    /// Behind MLflow's artifact proxy.
    ///
    /// @param path inside the proxy's root, without a leading slash
    /// @param host as in `host:port`, or empty for the tracking server itself
    record Proxied(String path, String host) implements ArtifactUri {}

    /// Anywhere else.
    record Remote(String uri) implements ArtifactUri {}

    static ArtifactUri parse(String uri) {
        Matcher scheme = SCHEME.matcher(uri);
        // One letter before a colon is a drive, not a scheme.
        if (!scheme.matches()) return local(uri).orElse(new Remote(uri));
        String rest = scheme.group(2);
        return switch (scheme.group(1).toLowerCase(Locale.ROOT)) {
            case "file" -> fileUri(uri).orElse(new Remote(uri));
            case "mlflow-artifacts" -> proxied(rest);
            default -> new Remote(uri);
        };
    }

    private static Optional<ArtifactUri> fileUri(String uri) {
        try {
            URI parsed = URI.create(uri.replace(" ", "%20"));
            String path = parsed.getPath() == null ? parsed.getSchemeSpecificPart() : parsed.getPath();
            boolean plain = parsed.getRawQuery() == null && parsed.getRawFragment() == null;
            return plain ? local(path) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<ArtifactUri> local(String path) {
        try {
            return path.isEmpty() ? Optional.empty() : Optional.of(new Local(Path.of(path)));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static Proxied proxied(String rest) {
        String host = "";
        String path = rest;
        if (rest.startsWith("//")) {
            int slash = rest.indexOf('/', 2);
            host = slash < 0 ? rest.substring(2) : rest.substring(2, slash);
            path = slash < 0 ? "" : rest.substring(slash);
        }
        while (path.startsWith("/")) path = path.substring(1);
        return new Proxied(path, host);
    }

    /// An experiment's location as it is to be kept: a remote one stays, for all others this server's own store.
    static String keptLocation(String location) {
        return parse(location) instanceof Remote(String uri) ? uri : "";
    }
}
