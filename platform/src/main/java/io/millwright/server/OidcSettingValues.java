package io.millwright.server;

import io.millwright.governance.oidc.OidcSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;

/// Reads what is set about the identity provider.
final class OidcSettingValues {
    private static final String CALLBACK = "/auth/oidc/callback";

    private OidcSettingValues() {}

    static OidcSettings read(SettingValues values, ServerSettings server) {
        OidcSettings settings = new OidcSettings(
                issuer(values.text("oidc.issuer", "")),
                values.text("oidc.client-id", ""),
                values.hidden("oidc.client-secret"),
                scopes(values.text("oidc.scopes", "openid profile email")),
                redirectUrl(values.text("oidc.redirect-url", "")),
                values.text("oidc.username-claim", "preferred_username"),
                values.text("oidc.groups-claim", ""),
                values.duration("oidc.session", "12h"));
        if (settings.isOn()) requireWhole(settings, server);
        else requireNothing(settings);
        return settings;
    }

    private static void requireWhole(OidcSettings settings, ServerSettings server) {
        if (settings.clientId().isEmpty()) {
            throw new SettingValues.WrongSetting(
                    "oidc.issuer is set, but not oidc.client-id. Set it to what the provider calls this server.");
        }
        if (!server.authentication()) {
            throw new SettingValues.WrongSetting(
                    "oidc.issuer is set, but server.authentication is off, so nobody would be asked to sign in. Set"
                            + " server.authentication=on.");
        }
    }

    private static void requireNothing(OidcSettings settings) {
        Map.of(
                        "oidc.client-id", settings.clientId(),
                        "oidc.client-secret", settings.clientSecret(),
                        "oidc.redirect-url", settings.redirectUrl(),
                        "oidc.groups-claim", settings.groupsClaim())
                .forEach((key, value) -> {
                    if (value.isEmpty()) return;
                    throw new SettingValues.WrongSetting(key + " is set, but not oidc.issuer. Set it to the provider's"
                            + " address, or remove " + key + ".");
                });
    }

    private static String issuer(String text) {
        if (text.isEmpty()) return text;
        try {
            URI uri = new URI(text);
            if (OidcSettings.isPrivate(uri) && uri.getQuery() == null) return text;
        } catch (URISyntaxException e) {
            // Told below.
        }
        throw new SettingValues.WrongSetting("oidc.issuer is '" + SettingValues.masked(text)
                + "', expected an https URL as the provider's discovery document names it, without a query. http is"
                + " taken on this machine only.");
    }

    private static String redirectUrl(String text) {
        if (text.isEmpty()) return text;
        try {
            URI uri = new URI(text);
            boolean web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
            if (web && uri.getHost() != null && text.endsWith(CALLBACK)) return text;
        } catch (URISyntaxException e) {
            // Told below.
        }
        throw new SettingValues.WrongSetting("oidc.redirect-url is '" + SettingValues.masked(text)
                + "', expected this server's address and " + CALLBACK + ", as in https://mlops.example.org" + CALLBACK
                + ".");
    }

    /// Separated by blanks, as the protocol has them, or by commas.
    private static List<String> scopes(String text) {
        List<String> scopes = List.of(text.strip().split("[\\s,]+"));
        if (scopes.contains("openid")) return scopes;
        throw new SettingValues.WrongSetting("oidc.scopes is '" + text
                + "', expected openid among them: without it the provider does not say who somebody is.");
    }
}
