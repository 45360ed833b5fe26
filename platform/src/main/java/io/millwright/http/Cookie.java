package io.millwright.http;

import java.time.Duration;
import java.util.Optional;

/// A cookie that goes to this server only and that no script reads.
///
/// @param path below which a browser sends it
public record Cookie(String name, String path) {
    /// Holds the token of a browser's session.
    public static final Cookie SESSION = new Cookie("mw_session", "/");

    /// Its value in a `Cookie` header.
    public Optional<String> in(String header) {
        for (String pair : header.split(";")) {
            int equals = pair.indexOf('=');
            if (equals > 0 && pair.substring(0, equals).strip().equals(name)) {
                return Optional.of(pair.substring(equals + 1).strip());
            }
        }
        return Optional.empty();
    }

    /// The `Set-Cookie` header that has a browser keep it. `Lax` lets it come with links from elsewhere, which is how a
    /// provider sends people back, and with no other request of another site.
    ///
    /// @param secure whether it is sent over HTTPS only
    public String set(String value, Duration age, boolean secure) {
        return name + "=" + value + "; Path=" + path + "; Max-Age=" + age.toSeconds() + "; HttpOnly; SameSite=Lax"
                + (secure ? "; Secure" : "");
    }

    /// The `Set-Cookie` header that has a browser forget it.
    public String cleared(boolean secure) {
        return set("", Duration.ZERO, secure);
    }
}
