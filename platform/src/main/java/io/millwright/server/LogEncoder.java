package io.millwright.server;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.core.encoder.EncoderBase;
import io.millwright.kernel.RequestContext;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/// One line per event: `time level logger: message` for people, or one JSON object for machines.
final class LogEncoder extends EncoderBase<ILoggingEvent> {
    /// The key under which a line outside any [RequestContext] names its request.
    static final String REQUEST = "request";

    private static final byte[] NOTHING = {};

    /// The log is the process's own, and so is its format.
    static volatile boolean json;

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(200);
        if (json) asJson(event, line);
        else asText(event, line);
        return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void asText(ILoggingEvent event, StringBuilder line) {
        String level = event.getLevel().toString();
        line.append(time(event)).append(' ').append(level).append(" ".repeat(Math.max(1, 6 - level.length())));
        line.append(shortName(event.getLoggerName())).append(": ");
        String request = requestOf(event);
        if (request != null) line.append("request=").append(request).append(' ');
        line.append(event.getFormattedMessage());
        appendStack(event.getThrowableProxy(), line, "");
    }

    private static void asJson(ILoggingEvent event, StringBuilder line) {
        line.append("{\"time\":\"")
                .append(time(event))
                .append("\",\"level\":\"")
                .append(event.getLevel())
                .append("\",\"logger\":");
        quote(shortName(event.getLoggerName()), line);
        String request = requestOf(event);
        if (request != null) {
            line.append(",\"request\":");
            quote(request, line);
        }
        line.append(",\"message\":");
        quote(event.getFormattedMessage(), line);
        if (event.getThrowableProxy() != null) {
            StringBuilder stack = new StringBuilder(1000);
            appendStack(event.getThrowableProxy(), stack, "");
            line.append(",\"stack\":");
            quote(stack.toString().strip(), line);
        }
        line.append('}');
    }

    /// Lines are written by the thread that logs, so what is bound there is what the line is about.
    private static @Nullable String requestOf(ILoggingEvent event) {
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            for (KeyValuePair pair : pairs) if (pair.key.equals(REQUEST)) return String.valueOf(pair.value);
        }
        RequestContext context = RequestContext.current();
        return context.isRequest() ? context.requestId() : null;
    }

    private static Instant time(ILoggingEvent event) {
        return event.getInstant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static String shortName(String logger) {
        return logger.startsWith("io.millwright.") ? logger.substring("io.millwright.".length()) : logger;
    }

    private static void appendStack(@Nullable IThrowableProxy thrown, StringBuilder out, String intro) {
        if (thrown == null) return;
        out.append('\n')
                .append(intro)
                .append(thrown.getClassName())
                .append(": ")
                .append(thrown.getMessage());
        StackTraceElementProxy[] frames = thrown.getStackTraceElementProxyArray();
        for (int i = 0; i < Math.min(frames.length, 40); i++)
            out.append("\n    ").append(frames[i].getSTEAsString());
        if (thrown.getCause() != null && !thrown.isCyclic()) appendStack(thrown.getCause(), out, "caused by ");
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                default -> {
                    if (c < 0x20 || Character.isSurrogate(c)) out.append("\\u%04x".formatted((int) c));
                    else out.append(c);
                }
            }
        }
        out.append('"');
    }
}
