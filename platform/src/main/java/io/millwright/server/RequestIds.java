package io.millwright.server;

import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Gives each request an id: the client's own when it is a plain one, else the process's mark and a running number.
final class RequestIds {
    private final String mark;
    private final AtomicLong last = new AtomicLong();

    RequestIds(int mark) {
        this.mark = HexFormat.of().toHexDigits(mark) + "-";
    }

    String idOf(@Nullable String fromClient) {
        return fromClient != null && isPlain(fromClient) ? fromClient : mark + last.incrementAndGet();
    }

    /// 1 to 64 of `A-Za-z0-9._-`: safe in a log and in a header.
    private static boolean isPlain(String id) {
        if (id.isEmpty() || id.length() > 64) return false;
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean plain = c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c >= '0' && c <= '9'
                    || c == '.'
                    || c == '_'
                    || c == '-';
            if (!plain) return false;
        }
        return true;
    }
}
