package io.millwright.lineage;

import io.millwright.ledger.Event;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells a collector what stands in the ledger, in its order, each event until it is taken or refused
/// for good. While a collector does not answer nothing is lost: the cursor stands still.
final class CollectorFeed {
    static final String SUBSCRIBER = "openlineage";

    private static final Logger log = LoggerFactory.getLogger(CollectorFeed.class);
    /// What sending again does not help.
    private static final Set<Integer> REFUSED = Set.of(400, 405, 409, 410, 413, 415, 422);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final CollectorSettings settings;
    private final URI url;
    private final CollectorEvents texts;
    private final CollectorPost post;
    private final Duration firstPause;
    private final CountDownLatch closing = new CountDownLatch(1);
    /// Those of the batch in hand that were sent; only the subscriber's thread sees it.
    private final Set<String> sent = new HashSet<>();

    CollectorFeed(CollectorSettings settings, CollectorEvents texts, CollectorPost post, Duration firstPause) {
        this.settings = settings;
        this.url = settings.url().orElseThrow();
        this.texts = texts;
        this.post = post;
        this.firstPause = firstPause;
    }

    void accept(List<Event> events) throws InterruptedException {
        for (Event event : events) {
            if (sent.contains(event.id())) continue;
            var text = texts.of(event);
            if (text.isPresent()) sendUntilTaken(event, text.get());
            sent.add(event.id());
        }
        sent.clear();
    }

    private void sendUntilTaken(Event event, String text) throws InterruptedException {
        Duration pause = firstPause;
        for (int attempt = 1; ; attempt++) {
            String problem = send(text);
            if (problem.isEmpty()) return;
            if (problem.startsWith("refused")) {
                log.warn("the collector {} {} event {} of {}", url, problem, event.type(), event.entity());
                return;
            }
            if (attempt == 1 || attempt % 20 == 0) {
                log.warn("the collector {} did not take an event, trying again: {}", url, problem);
            }
            if (closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) throw new InterruptedException("closing");
            Duration twice = pause.multipliedBy(2);
            pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
        }
    }

    /// @return empty when it was taken
    private String send(String text) {
        Map<String, String> headers = new LinkedHashMap<>(Map.of("Content-Type", "application/json"));
        if (!settings.key().isEmpty()) headers.put("Authorization", "Bearer " + settings.key());
        try {
            int status = post.send(url, headers, text.getBytes(StandardCharsets.UTF_8), settings.timeout());
            if (status >= 200 && status < 300) return "";
            return REFUSED.contains(status) ? "refused, with status " + status + "," : "status " + status;
        } catch (IOException e) {
            return e.toString();
        }
    }

    void close() {
        closing.countDown();
    }
}
