package io.millwright.registry.webhooks;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/// Finds the addresses of a host. Passed in, so that tests own the answers.
@FunctionalInterface
public interface Resolver {
    /// @return at least one
    List<InetAddress> resolve(String host) throws UnknownHostException;
}
