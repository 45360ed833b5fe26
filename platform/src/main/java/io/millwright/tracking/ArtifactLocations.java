package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Where artifacts lie, as clients spell it: the server's own store is `mlflow-artifacts:/<path>`.
public final class ArtifactLocations {
    static final String OWN_ROOT = "mlflow-artifacts:";

    private static final int LIMIT = 2048;
    /// Stores that a client reaches by itself, with its own credentials; this server never opens them.
    private static final Set<String> REMOTE = Set.of(
            "s3", "gs", "wasb", "wasbs", "abfs", "abfss", "hdfs", "viewfs", "dbfs", "sftp", "ftp", "r2", "b2", "oss");

    private ArtifactLocations() {}

    /// The location a client chose for an experiment. A local directory is refused: it would name a place on the
    /// server's machine, or on every client's own.
    static String chosenByClient(String location) {
        if (location.length() > LIMIT) {
            throw INVALID_ARGUMENT.because(
                    "Invalid artifact path length. The length of the artifact path cannot be greater than " + LIMIT
                            + ". To configure this limit, please set the MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable.");
        }
        URI uri;
        try {
            uri = new URI(location.replace(" ", "%20"));
        } catch (URISyntaxException e) {
            throw refused(location, "it is no URI");
        }
        if (uri.getRawFragment() != null) {
            throw INVALID_ARGUMENT.because("'artifact_location' URL can't include fragments or params.");
        }
        String query = uri.getRawQuery();
        if (query != null && query.contains("..")) throw refused(location, "its query contains '..'");
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (scheme.equals("runs")) {
            throw INVALID_ARGUMENT.because("Artifact location cannot be a runs:/ URI. Given: '" + location + "'");
        }
        if (scheme.equals("mlflow-artifacts")) return own(location, uri);
        if (REMOTE.contains(scheme)) {
            if (hasDotDot(uri)) throw refused(location, "it contains '..'");
            return location;
        }
        throw refused(location, "a client may not choose a directory of the server's machine");
    }

    private static String own(String location, URI uri) {
        String path = uri.getPath() == null ? "" : uri.getPath();
        if (uri.getRawAuthority() != null
                || !path.startsWith("/")
                || hasDotDot(uri)
                || path.contains("\\")
                || path.contains("%")) {
            throw refused(location, "expected mlflow-artifacts:/<path> without '..' or a host");
        }
        return location.endsWith("/") && path.length() > 1 ? location.substring(0, location.length() - 1) : location;
    }

    private static boolean hasDotDot(URI uri) {
        String decoded = uri.getPath() == null ? "" : uri.getPath();
        return Arrays.asList(decoded.split("[/\\\\]")).contains("..")
                || decoded.toLowerCase(Locale.ROOT).contains("%2e");
    }

    private static RuntimeException refused(String location, String why) {
        String shown = location.length() > 200 ? location.substring(0, 200) + "…" : location;
        return INVALID_ARGUMENT.because(
                "Invalid artifact_location '" + shown + "': " + why
                        + ". Leave it out to use this server's own store, or give mlflow-artifacts:/<path> or a remote URI such as s3://bucket/path.");
    }

    /// A path under a location.
    static String under(String location, String... parts) {
        int query = location.indexOf('?');
        String base = query < 0 ? location : location.substring(0, query);
        while (base.endsWith("/")) base = base.substring(0, base.length() - 1);
        return base + "/" + String.join("/", parts) + (query < 0 ? "" : location.substring(query));
    }

    /// The path inside this server's own store, or empty when the location is elsewhere. Two spellings of one place are
    /// one path.
    public static Optional<String> ownPath(String location) {
        if (!location.startsWith(OWN_ROOT + "/")) return Optional.empty();
        return Optional.of(Arrays.stream(location.substring(OWN_ROOT.length()).split("/"))
                .filter(segment -> !segment.isEmpty() && !segment.equals("."))
                .collect(Collectors.joining("/")));
    }
}
