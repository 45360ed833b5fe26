package io.millwright.server;

import io.millwright.kernel.Failure;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One line for each refused request and why; when refused requests flood in, a few lines a second and a count.
final class RefusalLog {
    private static final Logger log = LoggerFactory.getLogger(RefusalLog.class);
    private static final int LINES_PER_SECOND = 10;

    private final AtomicLong second = new AtomicLong();
    private final AtomicInteger inSecond = new AtomicInteger();
    private final AtomicInteger suppressed = new AtomicInteger();

    void log(Failure failure, String requestId, String method, String path, SocketAddress from) {
        long now = System.nanoTime() / 1_000_000_000;
        long before = second.get();
        if (now != before && second.compareAndSet(before, now)) inSecond.set(0);
        if (inSecond.incrementAndGet() > LINES_PER_SECOND) {
            suppressed.incrementAndGet();
            return;
        }
        int missing = suppressed.getAndSet(0);
        if (missing > 0) log.info("refused {} more requests meanwhile", missing);
        log.info(
                "refused: request={} from={} {} {}: {} {}",
                requestId,
                from,
                printable(method),
                printable(path),
                failure.code(),
                printable(failure.message()));
    }

    /// On one line, whatever a client sent.
    private static String printable(String text) {
        StringBuilder line = new StringBuilder(Math.min(text.length(), 300));
        for (int i = 0; i < text.length() && i < 300; i++) {
            char c = text.charAt(i);
            line.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? '?' : c);
        }
        return line.toString();
    }
}
