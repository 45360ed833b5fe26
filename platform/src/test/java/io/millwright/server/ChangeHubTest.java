package io.millwright.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.server.ChangeHub.Topic;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ChangeHubTest {
    private static final Topic RUN = new Topic("default", "run:1");
    private static final Topic REGISTRY = new Topic("default", "registry");
    private static final Topic ELSEWHERE = new Topic("other", "registry");

    private final ChangeHub hub = new ChangeHub("0123abcd", 3);

    @Test
    @Timeout(60)
    void many_changes_of_a_topic_are_told_once() throws Exception {
        try (var listener = hub.listen(Set.of(RUN, REGISTRY), "")) {
            for (int i = 0; i < 100; i++) hub.changed(RUN);
            hub.changed(REGISTRY);
            hub.changed(ELSEWHERE);

            assertThat(listener.await(Duration.ofDays(1)).topics()).containsExactly(RUN, REGISTRY);
            assertThat(listener.await(Duration.ZERO).topics()).isEmpty();
        }
        assertThat(hub.listening()).isZero();
    }

    @Test
    @Timeout(60)
    void whoever_waits_is_woken() throws Exception {
        try (var listener = hub.listen(Set.of(RUN), "")) {
            Thread other = Thread.ofVirtual().start(() -> hub.changed(RUN));

            assertThat(listener.await(Duration.ofDays(1)).topics()).containsExactly(RUN);
            other.join();
        }
    }

    @Test
    void whoever_was_away_learns_what_it_missed() throws Exception {
        String place;
        try (var listener = hub.listen(Set.of(RUN, REGISTRY), "")) {
            hub.changed(RUN);
            place = listener.await(Duration.ZERO).place();
        }
        hub.changed(REGISTRY);
        hub.changed(ELSEWHERE);

        try (var again = hub.listen(Set.of(RUN, REGISTRY), place)) {
            assertThat(again.hasResumed()).isTrue();
            assertThat(again.await(Duration.ZERO).topics()).containsExactly(REGISTRY);
        }
    }

    @Test
    void whoever_was_away_too_long_has_not_resumed() throws Exception {
        hub.changed(RUN);
        String place;
        try (var listener = hub.listen(Set.of(RUN), "")) {
            place = listener.place();
        }
        hub.changed(REGISTRY);
        hub.changed(ELSEWHERE);
        try (var soon = hub.listen(Set.of(RUN), place)) {
            assertThat(soon.hasResumed()).isTrue();
        }
        for (int i = 0; i < 3; i++) hub.changed(new Topic("default", "run:x" + i));

        try (var late = hub.listen(Set.of(RUN), place)) {
            assertThat(late.hasResumed()).isFalse();
        }
    }

    @Test
    void a_place_of_another_process_or_of_the_future_is_none() {
        for (String place :
                new String[] {"ffffffff-0", "0123abcd-99", "0123abcd", "", "x", "0123abcd-", "0123abcd--1"}) {
            try (var listener = hub.listen(Set.of(RUN), place)) {
                assertThat(listener.hasResumed()).as(place).isFalse();
            }
        }
    }
}
