package io.millwright.server;

import io.millwright.lineage.CollectorPost;
import io.millwright.registry.webhooks.HttpPost;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/// Posts to addresses that an operator has set, with what sends webhooks: one address is opened, no
/// redirect is followed and no proxy asked. Unlike a user's webhook it may lead to this machine or its
/// network.
final class OperatorPost implements CollectorPost {
    private final HttpPost http;

    OperatorPost(HttpPost http) {
        this.http = http;
    }

    @Override
    public int send(URI url, Map<String, String> headers, byte[] body, Duration timeout) throws IOException {
        boolean tls = url.getScheme().equalsIgnoreCase("https");
        String host = url.getHost().replaceAll("[\\[\\]]", "");
        String path = url.getRawQuery() == null ? url.getRawPath() : url.getRawPath() + "?" + url.getRawQuery();
        HttpPost.NotConnected none = new HttpPost.NotConnected("the host has no address");
        for (InetAddress address : InetAddress.getAllByName(host)) {
            try {
                int port = url.getPort() >= 0 ? url.getPort() : tls ? 443 : 80;
                return http.send(new HttpPost.Request(tls, host, port, address, path, headers, body, timeout))
                        .status();
            } catch (HttpPost.NotConnected e) {
                none = e;
            }
        }
        throw none;
    }
}
