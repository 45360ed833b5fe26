package io.millwright.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.http.Json;
import io.millwright.ledger.Event;
import io.millwright.ledger.TestDatabases;
import io.millwright.tracking.RunInfo;
import io.millwright.tracking.RunStatus;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a collector is told, and how patiently.
final class CollectorFeedTest {
    @TempDir
    Path home;

    private TestLineage here;
    private final List<String> taken = new ArrayList<>();
    private final List<Map<String, String>> headers = new ArrayList<>();
    /// Statuses of the next answers, 0 for none; after them all is taken.
    private final Deque<Integer> answers = new ArrayDeque<>();

    @BeforeEach
    void wire() {
        here = new TestLineage(TestDatabases.sqlite(home), home);
    }

    @AfterEach
    void close() {
        here.close();
    }

    private CollectorFeed feed() {
        CollectorPost post = (url, sent, body, timeout) -> {
            int status = answers.isEmpty() ? 201 : answers.remove();
            if (status == 0) throw new IOException("no connection");
            headers.add(sent);
            if (status < 300) taken.add(new String(body, StandardCharsets.UTF_8));
            return status;
        };
        var settings = new CollectorSettings(
                Optional.of(URI.create("http://c/api/v1/lineage")), "key", "millwright", Duration.ofSeconds(1));
        var texts = new CollectorEvents("team", here.tables, here.tracking.runs(), here.tracking.experiments());
        return new CollectorFeed(settings, texts, post, Duration.ofMillis(1));
    }

    private static OpenLineageEvent read(String text) {
        return OpenLineageReader.read(Json.MAPPER.readTree(text), "");
    }

    @Test
    void a_commit_is_told_with_what_it_was_made_from() throws InterruptedException {
        String people = here.dataset("census.people");
        String rich = here.dataset("census.rich", TestLineage.input(people));

        feed().accept(here.next());

        assertThat(taken).hasSize(2);
        OpenLineageEvent event = read(taken.getLast());
        assertThat(event.job()).contains(new OpenLineageEvent.Job("team", "commit census.rich"));
        assertThat(event.inputs().getFirst().name())
                .isEqualTo(new OpenLineageEvent.Name("millwright", "census.people"));
        assertThat(people).endsWith("@" + event.inputs().getFirst().version());
        assertThat(rich).endsWith("@" + event.outputs().getFirst().version());
        assertThat(headers.getFirst()).containsEntry("Authorization", "Bearer key");
    }

    @Test
    void a_run_is_told_when_it_ends() throws InterruptedException {
        here.dataset("census.people");
        RunInfo run = here.run("segments");
        here.reads(run, "people", "dataset:census.people@1");
        here.reads(run, "csv", "{\"url\": \"s3://b/people.csv\"}");
        here.next();
        here.tracking.runs().update(run.id(), Optional.empty(), OptionalLong.empty(), "renamed");
        here.tracking.runs().update(run.id(), Optional.of(RunStatus.FAILED), OptionalLong.of(5), "");

        feed().accept(here.next());

        assertThat(taken).hasSize(1);
        OpenLineageEvent event = read(taken.getFirst());
        assertThat(event.type()).isEqualTo("FAIL");
        assertThat(event.run().orElseThrow().id().replace("-", "")).isEqualTo(run.id());
        assertThat(event.inputs())
                .extracting(OpenLineageEvent.Data::name)
                .containsExactly(
                        new OpenLineageEvent.Name("millwright", "census.people"),
                        new OpenLineageEvent.Name("s3", "s3://b/people.csv"));
    }

    @Test
    void what_a_collector_does_not_take_now_is_sent_until_it_does() throws InterruptedException {
        here.dataset("census.people");
        here.dataset("census.rich");
        answers.addAll(List.of(0, 503, 401, 200, 500));

        feed().accept(here.next());

        assertThat(taken).hasSize(2);
        assertThat(answers).isEmpty();
    }

    @Test
    void what_a_collector_refuses_for_good_does_not_hold_up_the_rest() throws InterruptedException {
        here.dataset("census.people");
        here.dataset("census.rich");
        answers.add(400);

        feed().accept(here.next());

        assertThat(taken).singleElement().asString().contains("commit census.rich");
    }

    @Test
    void a_batch_that_was_cut_off_goes_on_where_it_stood_and_the_same_event_is_the_same_text()
            throws InterruptedException {
        here.dataset("census.people");
        here.dataset("census.rich");
        List<Event> batch = here.next();
        answers.addAll(List.of(201, 0));
        CollectorFeed stopped = feed();
        stopped.close();

        assertThatThrownBy(() -> stopped.accept(batch)).isInstanceOf(InterruptedException.class);
        stopped.accept(batch);
        assertThat(taken).hasSize(2);
        feed().accept(batch);

        assertThat(taken.subList(2, 4)).isEqualTo(taken.subList(0, 2));
    }
}
