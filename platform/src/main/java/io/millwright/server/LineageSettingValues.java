package io.millwright.server;

import io.millwright.lineage.CollectorSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/// Reads what is set about lineage.
final class LineageSettingValues {
    private static final String ENDPOINT = "/api/v1/lineage";

    private LineageSettingValues() {}

    static CollectorSettings read(SettingValues values) {
        return new CollectorSettings(
                url(values.text("lineage.collector", "").strip()),
                values.hidden("lineage.collector-key"),
                values.text("lineage.namespace", "millwright"),
                values.duration("lineage.collector-timeout", "10s"));
    }

    private static Optional<URI> url(String text) {
        if (text.isEmpty()) return Optional.empty();
        try {
            URI uri = new URI(text);
            boolean web = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            if (web && uri.getHost() != null && uri.getRawUserInfo() == null && uri.getRawFragment() == null) {
                String path = uri.getRawPath();
                return Optional.of(path.isEmpty() || path.equals("/") ? uri.resolve(ENDPOINT) : uri);
            }
        } catch (URISyntaxException e) {
            // Told below.
        }
        throw new SettingValues.WrongSetting("lineage.collector is '" + SettingValues.masked(text)
                + "', expected the address of an OpenLineage collector such as http://marquez:5000/api/v1/lineage. A key"
                + " goes into lineage.collector-key.");
    }
}
