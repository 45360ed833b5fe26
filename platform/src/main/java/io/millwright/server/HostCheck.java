package io.millwright.server;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Under which names this server may be addressed.
///
/// A page on `evil.example` can point its own name at 127.0.0.1 and so reach a local server from the visitor's browser
/// (DNS rebinding). Such a request carries the attacker's name in `Host`, so names are refused unless known. Literal
/// addresses cannot be rebound: loopback and private ones pass. Nothing is ever looked up.
final class HostCheck {
    private final String bindHost;
    private final String machineName;
    private final List<String> allowed;
    /// What passed last; nearly every request of a server comes under one name.
    private volatile String lastPassed = "localhost";

    /// @param bindHost the address this server listens on
    /// @param machineName this machine's own name, or empty
    /// @param allowed further names; `*.example.org` stands for every name below
    HostCheck(String bindHost, String machineName, List<String> allowed) {
        this.bindHost = bindHost.toLowerCase(Locale.ROOT);
        this.machineName = machineName.toLowerCase(Locale.ROOT);
        this.allowed =
                allowed.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    }

    boolean isAllowed(String hostHeader) {
        if (hostHeader.equals(lastPassed)) return true;
        Optional<String> host = hostOf(hostHeader);
        boolean passes = host.isPresent() && passes(host.get());
        if (passes) lastPassed = hostHeader;
        return passes;
    }

    /// Whether an `Origin` names the same host and port as the `Host` of its request.
    static boolean isSameOrigin(String origin, String hostHeader) {
        int scheme = origin.indexOf("://");
        if (scheme < 0) return false;
        int defaultPort = origin.startsWith("https:") ? 443 : 80;
        return normal(origin.substring(scheme + 3), defaultPort).equals(normal(hostHeader, defaultPort));
    }

    private static String normal(String authority, int defaultPort) {
        String lower = authority.toLowerCase(Locale.ROOT);
        String port = ":" + defaultPort;
        return lower.endsWith(port) ? lower.substring(0, lower.length() - port.length()) : lower;
    }

    private boolean passes(String host) {
        if (host.startsWith("[")) return isOwnIpv6(host.substring(1, host.length() - 1));
        int[] ipv4 = ipv4(host);
        if (ipv4.length == 4) return isPrivate(ipv4) || host.equals(bindHost);
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        if (name.equals("localhost") || name.endsWith(".localhost")) return true;
        if (name.equals(machineName) || name.equals(bindHost)) return true;
        return allowed.stream()
                .anyMatch(pattern -> pattern.startsWith("*.")
                        ? name.endsWith(pattern.substring(1)) && name.length() > pattern.length() - 1
                        : name.equals(pattern));
    }

    /// The host part in lower case, an IPv6 address with its brackets; empty when the header is malformed.
    private static Optional<String> hostOf(String header) {
        String host = header;
        String port = "";
        if (header.startsWith("[")) {
            int close = header.indexOf(']');
            if (close < 0) return Optional.empty();
            host = header.substring(0, close + 1);
            String rest = header.substring(close + 1);
            if (!rest.isEmpty() && !rest.startsWith(":")) return Optional.empty();
            port = rest.isEmpty() ? "" : rest.substring(1);
        } else {
            int colon = header.indexOf(':');
            if (colon >= 0) {
                host = header.substring(0, colon);
                port = header.substring(colon + 1);
            }
        }
        if (host.isEmpty() || host.length() > 255 || port.length() > 5) return Optional.empty();
        boolean isName = !host.startsWith("[");
        for (int i = 0; isName && i < host.length(); i++) {
            if (!isOfName(host.charAt(i))) return Optional.empty();
        }
        for (int i = 0; i < port.length(); i++) {
            if (port.charAt(i) < '0' || port.charAt(i) > '9') return Optional.empty();
        }
        return Optional.of(host.toLowerCase(Locale.ROOT));
    }

    /// What else a client sends there could not be part of the URLs that answers carry.
    private static boolean isOfName(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_';
    }

    /// The four numbers of a dotted address, or nothing. Short, octal and hexadecimal spellings are names to us.
    private static int[] ipv4(String host) {
        String[] parts = host.split("\\.", -1);
        if (parts.length != 4) return new int[0];
        int[] numbers = new int[4];
        for (int i = 0; i < 4; i++) {
            String part = parts[i];
            if (part.isEmpty() || part.length() > 3 || part.length() > 1 && part.charAt(0) == '0') return new int[0];
            for (int k = 0; k < part.length(); k++) {
                if (part.charAt(k) < '0' || part.charAt(k) > '9') return new int[0];
                numbers[i] = numbers[i] * 10 + part.charAt(k) - '0';
            }
            if (numbers[i] > 255) return new int[0];
        }
        return numbers;
    }

    /// Loopback, RFC 1918, link-local.
    private static boolean isPrivate(int[] a) {
        return a[0] == 127
                || a[0] == 10
                || a[0] == 172 && a[1] >= 16 && a[1] <= 31
                || a[0] == 192 && a[1] == 168
                || a[0] == 169 && a[1] == 254;
    }

    private boolean isOwnIpv6(String literal) {
        if (literal.indexOf(':') < 0 || literal.indexOf('%') >= 0) return false;
        InetAddress address;
        try {
            address = InetAddress.ofLiteral(literal);
        } catch (IllegalArgumentException e) {
            return false;
        }
        byte[] bytes = address.getAddress();
        if (bytes.length == 4) { // ::ffff:10.0.0.1
            return isPrivate(new int[] {bytes[0] & 0xff, bytes[1] & 0xff, bytes[2] & 0xff, bytes[3] & 0xff});
        }
        boolean uniqueLocal = (bytes[0] & 0xfe) == 0xfc;
        return address.isLoopbackAddress() || address.isLinkLocalAddress() || uniqueLocal || literal.equals(bindHost);
    }
}
