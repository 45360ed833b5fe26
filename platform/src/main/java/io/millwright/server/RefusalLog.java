package io.millwright.server;

import io.millwright.governance.TokenText;
import io.millwright.kernel.Failure;
import java.net.SocketAddress;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One line for each refused request and why; when they flood in, as many a second as a person might read,
/// and then how many were left out.
final class RefusalLog {
    static final int LINES_PER_SECOND = 50;
    private static final Logger log = LoggerFactory.getLogger(RefusalLog.class);

    private final ScheduledExecutorService timer;
    private final ReentrantLock lock = new ReentrantLock();
    private int inSecond;
    private int leftOut;

    /// @param timer ends each second of a flood
    RefusalLog(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    void log(Failure failure, String requestId, String method, String path, SocketAddress from) {
        if (!hasRoom()) return;
        log.atInfo()
                .addKeyValue(LogEncoder.REQUEST, requestId)
                .log(
                        "refused: from={} {} {}: {} {}",
                        from,
                        printable(method),
                        printable(path),
                        failure.code(),
                        printable(failure.message()));
    }

    private boolean hasRoom() {
        lock.lock();
        try {
            // The first of a second begins it; on a server that is stopping there is no next one.
            if (inSecond == 0 && !timer.isShutdown()) {
                var _ = timer.schedule(this::endSecond, 1, TimeUnit.SECONDS);
            }
            if (inSecond == LINES_PER_SECOND) leftOut++;
            else inSecond++;
            return leftOut == 0;
        } finally {
            lock.unlock();
        }
    }

    /// Tells how many lines were left out; the next line begins a new second.
    void endSecond() {
        lock.lock();
        try {
            if (leftOut > 0) log.info("refused: {} more requests in the same second", leftOut);
            inSecond = 0;
            leftOut = 0;
        } finally {
            lock.unlock();
        }
    }

    /// On one line and without tokens, whatever a client sent.
    private static String printable(String sent) {
        String text = TokenText.masked(sent);
        StringBuilder line = new StringBuilder(Math.min(text.length(), 300));
        for (int i = 0; i < text.length() && i < 300; i++) {
            char c = text.charAt(i);
            line.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? '?' : c);
        }
        return line.toString();
    }
}
