package io.millwright.governance.oidc;

import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/// At which identity provider people sign in, and what is made of its answer.
///
/// @param issuer exactly as the provider writes it; empty for none
/// @param clientSecret empty for a client without one
/// @param redirectUrl where the provider sends people back to; empty for the address that their browser asked for
/// @param usernameClaim what a new user is called after
/// @param groupsClaim what names the groups of a user; empty when the provider does not decide on groups
/// @param session how long somebody who signed in stays so
public record OidcSettings(
        String issuer,
        String clientId,
        String clientSecret,
        List<String> scopes,
        String redirectUrl,
        String usernameClaim,
        String groupsClaim,
        Duration session) {
    public OidcSettings {
        scopes = List.copyOf(scopes);
    }

    /// Whether there is a provider.
    public boolean isOn() {
        return !issuer.isEmpty();
    }

    /// Whether what is said there stays between us: over HTTPS, or inside this machine.
    public static boolean isPrivate(URI uri) {
        String host = uri.getHost();
        if (host == null || uri.getUserInfo() != null || uri.getFragment() != null) return false;
        return "https".equals(uri.getScheme()) || "http".equals(uri.getScheme()) && isLoopback(host);
    }

    private static boolean isLoopback(String host) {
        if (host.equals("localhost")) return true;
        try {
            return InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false; // A name may point anywhere.
        }
    }

    /// Without the secret.
    @Override
    public String toString() {
        return "OidcSettings[issuer=" + issuer + ", clientId=" + clientId + ", scopes=" + scopes + ", redirectUrl="
                + redirectUrl + ", usernameClaim=" + usernameClaim + ", groupsClaim=" + groupsClaim + ", session="
                + session + "]";
    }
}
