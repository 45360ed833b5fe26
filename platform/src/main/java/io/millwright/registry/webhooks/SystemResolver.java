package io.millwright.registry.webhooks;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Asks the system. A look-up cannot be cut off and holds its thread, so it runs on one of a few of its own: names that
/// answer slowly must not stop the server's virtual threads.
final class SystemResolver implements Resolver, AutoCloseable {
    private static final int AT_ONCE = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final ExecutorService lookUps = Executors.newFixedThreadPool(
            AT_ONCE, Thread.ofPlatform().daemon().name("webhook-names-", 1).factory());

    @Override
    public List<InetAddress> resolve(String host) throws UnknownHostException {
        Future<InetAddress[]> lookUp = lookUps.submit(() -> InetAddress.getAllByName(host));
        try {
            return List.of(lookUp.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            lookUp.cancel(true);
            throw new UnknownHostException("no answer within " + PATIENCE.toSeconds() + " seconds");
        } catch (InterruptedException e) {
            lookUp.cancel(true);
            Thread.currentThread().interrupt();
            throw new UnknownHostException("interrupted");
        } catch (ExecutionException e) {
            throw new UnknownHostException("Name or service not known");
        }
    }

    @Override
    public void close() {
        lookUps.shutdownNow();
    }
}
