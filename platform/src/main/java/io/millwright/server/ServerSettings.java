package io.millwright.server;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/// How this server may be reached and what it takes.
///
/// @param port 0 takes a free one
/// @param maxBodySizeBytes of a collected (JSON) body, after unpacking
/// @param maxUploadSizeBytes of a streamed body
/// @param maxHeaderSizeBytes of the first line, and of all headers together
/// @param requestTimeout for a request with a collected body, from its headers to the end of its answer
/// @param idleTimeout how long a connection may stay silent, also in the middle of a stream
/// @param allowedHosts further names in `Host`; `*.example.org` for all below
/// @param trustNetwork whether everybody who reaches the address may do everything
/// @param authentication whether everybody must say who they are
/// @param trustProxy whether `X-Forwarded-Proto` or `Forwarded` says how clients reach the proxy before this
///     server, and `X-Forwarded-For` who they are
record ServerSettings(
        String host,
        int port,
        long maxBodySizeBytes,
        long maxUploadSizeBytes,
        int maxHeaderSizeBytes,
        Duration requestTimeout,
        Duration idleTimeout,
        int maxConnections,
        List<String> allowedHosts,
        boolean trustNetwork,
        boolean authentication,
        boolean trustProxy) {
    ServerSettings {
        allowedHosts = List.copyOf(allowedHosts);
    }

    static ServerSettings read(SettingValues values) {
        return new ServerSettings(
                values.text("server.host", "127.0.0.1"),
                (int) values.number("server.port", 8484, 0, 65_535),
                values.size("server.max-body-size", "20MB", 1_000, 1_000_000_000),
                values.size("server.max-upload-size", "100GB", 1_000, Long.MAX_VALUE),
                (int) values.size("server.max-header-size", "64KB", 1_000, 1_000_000),
                values.duration("server.request-timeout", "60s"),
                values.duration("server.idle-timeout", "60s"),
                (int) values.number("server.max-connections", 10_000, 1, 1_000_000),
                values.list("server.allowed-hosts", ""),
                values.flag("server.trust-network", false),
                authentication(values),
                values.flag("server.trust-proxy", false));
    }

    /// YAML reads a bare `on` as true.
    private static boolean authentication(SettingValues values) {
        boolean open =
                isLoopback(values.text("server.host", "127.0.0.1")) || values.flag("server.trust-network", false);
        String chosen = values.choice("server.authentication", open ? "off" : "on", "on", "off", "true", "false");
        return chosen.equals("on") || chosen.equals("true");
    }

    /// Whether only this machine reaches it.
    boolean isLoopback() {
        return isLoopback(host);
    }

    private static boolean isLoopback(String host) {
        if (host.equals("localhost")) return true;
        try {
            return InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false; // A name may point anywhere.
        }
    }
}
