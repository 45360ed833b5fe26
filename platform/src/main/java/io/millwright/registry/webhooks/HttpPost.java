package io.millwright.registry.webhooks;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// Sends one POST to one address that was checked before, and to no other: it looks up no name, follows no redirect
/// and asks no proxy.
public interface HttpPost {
    /// @throws NotConnected when nothing was sent
    /// @throws IOException when there was no whole answer in time
    Answer send(Request request) throws IOException;

    /// @param host for `Host` and, under TLS, for the certificate
    /// @param target path and query
    /// @param timeout for everything, from connecting to the end of the answer
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Request(
            boolean tls,
            String host,
            int port,
            InetAddress address,
            String target,
            Map<String, String> headers,
            byte[] body,
            Duration timeout) {
        public Request {
            headers = Map.copyOf(headers);
        }
    }

    /// @param retryAfter as the header says it
    /// @param body its first part
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Answer(int status, Optional<String> retryAfter, byte[] body) {}

    /// No connection: another address of the host may still answer.
    final class NotConnected extends IOException {
        private static final long serialVersionUID = 1;

        public NotConnected(String message) {
            super(message);
        }
    }
}
