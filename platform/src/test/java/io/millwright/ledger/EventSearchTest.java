package io.millwright.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Page;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// Who did what, and when: found in the ledger, and exported with proof.
final class EventSearchTest {
    @Nested
    final class OnSqlite extends Contract {
        @Override
        Db fresh() {
            return TestDatabases.sqlite(folder);
        }
    }

    @Nested
    final class OnPostgres extends Contract {
        @Override
        Db fresh() {
            return TestDatabases.postgres();
        }
    }

    abstract static class Contract extends LedgerContract {
        private final List<Event> written = new ArrayList<>();

        private void append(String actor, String workspace, String type, String entity) {
            append("r", actor, workspace, type, entity);
        }

        private void append(String request, String actor, String workspace, String type, String entity) {
            new RequestContext(request, new Principal(actor), workspace)
                    .call(() -> db.tx(sql -> {
                        ledger.append(sql, type, entity, Map.of());
                        return 0;
                    }));
            written.add(new Event("", clock.instant(), actor, request, workspace, type, entity, "{}"));
        }

        /// Some hundred events of a few people, sealed now and then, several in each instant.
        private void aBusyDay() {
            Random random = new Random(7);
            List<String> actors = List.of("ann", "bob", "an", "annabel");
            List<String> types = List.of("run.created", "run.deleted", "model-version.created", "run2.created");
            List<String> entities =
                    List.of("run:1", "run:12", "model:churn", "model-version:churn/1", "model-version:churn/12");
            for (int i = 0; i < 400; i++) {
                append(
                        actors.get(random.nextInt(4)),
                        random.nextBoolean() ? "default" : "team",
                        types.get(random.nextInt(4)),
                        entities.get(random.nextInt(5)));
                if (random.nextInt(3) == 0) clock.move(Duration.ofSeconds(random.nextInt(100)));
                if (random.nextInt(20) == 0) ledger.seal();
            }
            ledger.seal();
        }

        private List<Event> found(EventFilter filter, int size) {
            List<Event> all = new ArrayList<>();
            Optional<String> token = Optional.empty();
            do {
                Page<RecordedEvent> page = ledger.search(filter, size, token);
                page.items().forEach(one -> all.add(one.event()));
                token = page.nextToken();
            } while (token.isPresent());
            return all;
        }

        private List<String> expected(Predicate<Event> wanted) {
            List<Event> newestFirst = new ArrayList<>(written);
            Collections.reverse(newestFirst);
            return newestFirst.stream().filter(wanted).map(Contract::text).toList();
        }

        private static String text(Event event) {
            return event.at() + " " + event.actor() + " " + event.workspace() + " " + event.type() + " "
                    + event.entity();
        }

        private static List<String> texts(List<Event> events) {
            return events.stream().map(Contract::text).toList();
        }

        private static EventFilter filter(String workspace, String actor, String entity, String type) {
            return new EventFilter(workspace, actor, entity, type, "", EventFilter.ALL.from(), EventFilter.ALL.to());
        }

        @Test
        void everything_comes_newest_first_and_once_whatever_the_page() {
            aBusyDay();

            for (int size : List.of(1, 7, 399, 400, 1000)) {
                assertThat(texts(found(EventFilter.ALL, size))).isEqualTo(expected(event -> true));
            }
        }

        @Test
        void what_one_request_did_is_found() {
            aBusyDay();
            append("r-2", "ann", "default", "run.created", "run:1");
            append("r-2", "ann", "default", "run.deleted", "run:1");
            append("r-20", "ann", "default", "run.created", "run:2");
            ledger.seal();

            var filter = new EventFilter("", "", "", "", "r-2", EventFilter.ALL.from(), EventFilter.ALL.to());

            assertThat(texts(found(filter, 1)))
                    .hasSize(2)
                    .isEqualTo(expected(event -> event.requestId().equals("r-2")));
        }

        @Test
        void events_of_some_types_about_some_entities_are_found_sealed_or_not() {
            append("ann", "team", "run.deleted", "run:1");
            append("ann", "team", "run.created", "run:1");
            ledger.seal();
            append("bob", "team", "run.deleted", "run:2");
            append("bob", "team", "run.deleted", "run:3");

            assertThat(ledger.eventsAbout(Set.of("run:1", "run:2", "run:9"), Set.of("run.deleted")))
                    .extracting(Event::actor)
                    .containsExactlyInAnyOrder("ann", "bob");
            assertThat(ledger.eventsAbout(Set.of(), Set.of("run.deleted"))).isEmpty();
        }

        @Test
        void where_the_chain_stands_is_told_without_a_walk() {
            assertThat(ledger.chain().lastBlock()).isZero();
            assertThat(ledger.chain().sealedAt()).isEmpty();
            append("ann", "team", "run.created", "run:1");
            ledger.seal();
            clock.move(Duration.ofDays(2));
            append("ann", "team", "run.created", "run:2");
            ledger.seal();
            append("ann", "team", "run.created", "run:3");

            Ledger.Chain chain = ledger.chain();

            assertThat(chain.lastBlock()).isEqualTo(2);
            assertThat(chain.head()).isEqualTo(verify().head());
            assertThat(chain.sealedAt()).contains(clock.instant());
            assertThat(chain.unsealedEvents()).isEqualTo(1);
            assertThat(chain.prunedBlocks()).isZero();
            ledger.prune(clock.instant().minus(Duration.ofDays(1)));
            assertThat(ledger.chain().prunedBlocks()).isEqualTo(1);
        }

        @Test
        void each_filter_finds_what_it_says_and_nothing_else() {
            aBusyDay();

            assertThat(texts(found(filter("", "an", "", ""), 50)))
                    .isNotEmpty()
                    .isEqualTo(expected(event -> event.actor().equals("an")));
            assertThat(texts(found(filter("team", "", "", ""), 50)))
                    .isNotEmpty()
                    .isEqualTo(expected(event -> event.workspace().equals("team")));
            assertThat(texts(found(filter("", "", "run:1", ""), 50)))
                    .isNotEmpty()
                    .isEqualTo(expected(event -> event.entity().equals("run:1")));
            assertThat(texts(found(filter("", "", "model-version:churn/*", ""), 50)))
                    .isNotEmpty()
                    .isEqualTo(expected(event -> event.entity().startsWith("model-version:churn/")));
            assertThat(texts(found(filter("default", "ann", "run:*", "run.*"), 3)))
                    .isNotEmpty()
                    .isEqualTo(expected(event -> event.workspace().equals("default")
                            && event.actor().equals("ann")
                            && event.entity().startsWith("run:")
                            && event.type().startsWith("run.")));
        }

        @Test
        void a_time_holds_its_first_instant_and_not_its_last() {
            aBusyDay();
            Instant from = written.get(100).at();
            Instant to = written.get(300).at();

            List<Event> found = found(new EventFilter("", "", "", "", "", from, to), 17);

            assertThat(texts(found))
                    .isNotEmpty()
                    .isEqualTo(expected(
                            event -> !event.at().isBefore(from) && event.at().isBefore(to)));
        }

        @Test
        void an_excerpt_of_what_somebody_did_proves_itself_up_to_the_head() throws IOException {
            aBusyDay();
            EventFilter ofBob = filter("", "bob", "", "");
            List<String> lines = new ArrayList<>();

            LedgerExport.Written export = ledger.export(lines::add, ofBob);

            LedgerExport.Report report = LedgerExport.checkExcerpt(stream(lines), verify().head());
            assertThat(report.findings()).isEmpty();
            assertThat(report.events())
                    .isEqualTo(export.events())
                    .isEqualTo(expected(event -> event.actor().equals("bob")).size());
            assertThat(report.head()).isEqualTo(verify().head());

            int oneOfHis = lines.indexOf(lines.stream()
                    .filter(line -> line.contains("\"bob\""))
                    .findFirst()
                    .orElseThrow());
            lines.set(oneOfHis, lines.get(oneOfHis).replace("\"bob\"", "\"ann\""));
            assertThat(LedgerExport.checkExcerpt(stream(lines), null).findings())
                    .singleElement()
                    .asString()
                    .contains("is not what block");
        }

        @Test
        void an_excerpt_of_nothing_still_shows_the_head() throws IOException {
            aBusyDay();
            List<String> lines = new ArrayList<>();

            LedgerExport.Written export = ledger.export(lines::add, filter("", "nobody", "", ""));

            assertThat(export.events()).isZero();
            assertThat(lines).hasSize(1);
            assertThat(LedgerExport.checkExcerpt(stream(lines), verify().head()).holds())
                    .isTrue();
        }

        @Test
        void what_is_not_sealed_yet_comes_as_soon_as_it_is() {
            append("ann", "default", "run.created", "run:1");
            assertThat(found(EventFilter.ALL, 10)).isEmpty();

            ledger.seal();

            assertThat(found(EventFilter.ALL, 10)).hasSize(1);
            assertThat(ledger.eventsAbout("run:1")).hasSize(1);
        }

        @Test
        void a_token_of_somewhere_else_is_refused() {
            for (String token : List.of("", "x", "1", "1-", "1-2-3", "99999999999999999999-1")) {
                assertThatThrownBy(() -> ledger.search(EventFilter.ALL, 10, Optional.of(token)))
                        .isInstanceOf(Failure.class)
                        .hasMessageContaining("page token");
            }
            assertThatThrownBy(() -> new EventFilter("", "", "", "", "", Instant.EPOCH.plusSeconds(2), Instant.EPOCH))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("'to' is 1970-01-01T00:00:00Z, which lies before 'from'");
        }

        private static ByteArrayInputStream stream(List<String> lines) {
            return new ByteArrayInputStream((String.join("\n", lines) + "\n").getBytes(UTF_8));
        }
    }
}
