package io.millwright.registry.webhooks;

import io.millwright.kernel.Failure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Sends one delivery once: looks up and checks the host's addresses, signs, posts to one of them, and judges the
/// answer.
final class WebhookSender {
    /// Answers that say: later perhaps.
    private static final Set<Integer> LATER = Set.of(429, 500, 502, 503, 504);

    private static final Duration LONGEST_WAIT = Duration.ofHours(1);
    private static final int MOST_ADDRESSES = 3;
    private static final int LONGEST_ERROR = 500;

    private final Targets targets;
    private final SecretBox secrets;
    private final HttpPost http;
    private final Duration timeout;
    private final Clock clock;

    WebhookSender(Targets targets, SecretBox secrets, HttpPost http, Duration timeout, Clock clock) {
        this.targets = targets;
        this.secrets = secrets;
        this.http = http;
        this.timeout = timeout;
        this.clock = clock;
    }

    /// How an attempt ended.
    ///
    /// @param status of the answer; null when there was none
    /// @param answer how its body begins
    /// @param error empty when it went well
    /// @param mayRetry whether trying again makes sense
    /// @param retryAfter when the receiver said so
    record Result(
            @Nullable Integer status, String answer, String error, boolean mayRetry, Optional<Duration> retryAfter) {
        boolean isGood() {
            return error.isEmpty();
        }

        private static Result none(String error, boolean mayRetry) {
            String whole = error.isEmpty() ? "no answer" : error;
            String shown = whole.length() <= LONGEST_ERROR ? whole : whole.substring(0, LONGEST_ERROR);
            return new Result(null, "", shown, mayRetry, Optional.empty());
        }
    }

    /// @param sealedSecret null to send without a signature
    /// @param id the delivery's
    Result send(Webhook webhook, byte @Nullable [] sealedSecret, String id, String body) {
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            Map<String, String> headers = headers(webhook, sealedSecret, id, bytes);
            WebhookUrl url = targets.parse(webhook.url());
            return judge(post(url, targets.addresses(url), headers, bytes, deadline));
        } catch (UnknownHostException e) {
            return Result.none("the host is not found: " + e.getMessage(), true);
        } catch (IOException e) {
            return Result.none(String.valueOf(e.getMessage()), true);
        } catch (Failure e) {
            return Result.none(e.message(), false);
        }
    }

    private HttpPost.Answer post(
            WebhookUrl url, List<InetAddress> addresses, Map<String, String> headers, byte[] body, long deadline)
            throws IOException {
        HttpPost.NotConnected none = new HttpPost.NotConnected("the host has no address");
        for (InetAddress address : addresses.subList(0, Math.min(addresses.size(), MOST_ADDRESSES))) {
            long left = deadline - System.nanoTime();
            if (left <= 0) break;
            try {
                return http.send(new HttpPost.Request(
                        url.tls(),
                        url.host(),
                        url.port(),
                        address,
                        url.target(),
                        headers,
                        body,
                        Duration.ofNanos(left)));
            } catch (HttpPost.NotConnected e) {
                none = e;
            }
        }
        throw none;
    }

    private Map<String, String> headers(Webhook webhook, byte @Nullable [] sealedSecret, String id, byte[] body) {
        String seconds = String.valueOf(clock.instant().getEpochSecond());
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/json");
        headers.put("X-MLflow-Delivery-Id", id);
        headers.put("X-MLflow-Timestamp", seconds);
        if (sealedSecret != null) {
            byte[] secret = secrets.open(webhook.id(), sealedSecret);
            headers.put("X-MLflow-Signature", "v1," + signature(secret, id + "." + seconds + ".", body));
        }
        return headers;
    }

    private static String signature(byte[] secret, String before, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            mac.update(before.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HMAC-SHA-256 is in every JDK", e);
        }
    }

    private Result judge(HttpPost.Answer answer) {
        int status = answer.status();
        String text = shown(answer.body());
        if (status >= 200 && status < 300) return new Result(status, text, "", false, Optional.empty());
        if (status >= 300 && status < 400) {
            return new Result(status, text, "a redirect is not followed", false, Optional.empty());
        }
        boolean later = LATER.contains(status);
        return new Result(
                status, text, "status " + status, later, later ? asked(answer.retryAfter()) : Optional.empty());
    }

    /// No database takes NUL in a text.
    private static String shown(byte[] body) {
        return new String(body, StandardCharsets.UTF_8).replace('\0', '\ufffd');
    }

    /// Seconds, or a date; what is neither does not count.
    private Optional<Duration> asked(Optional<String> retryAfter) {
        return retryAfter.map(String::strip).flatMap(text -> {
            try {
                Duration wait = text.matches("\\d{1,9}")
                        ? Duration.ofSeconds(Long.parseLong(text))
                        : Duration.between(clock.instant(), date(text));
                if (wait.isNegative()) return Optional.of(Duration.ZERO);
                return Optional.of(wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait);
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        });
    }

    private static Instant date(String text) {
        return ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    }
}
