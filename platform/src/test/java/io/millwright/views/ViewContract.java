package io.millwright.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.Access;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.ArtifactSettings;
import io.millwright.lake.ArtifactsSlice;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.tracking.TrackingSlice;
import io.millwright.tracking.TrashService;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What saved views promise on every database.
abstract class ViewContract {
    private static final Set<Right> READER = Set.of(Right.READ);
    private static final Set<Right> WRITER = Set.of(Right.READ, Right.WRITE);
    private static final Set<Right> MANAGER = Set.of(Right.READ, Right.WRITE, Right.MANAGE);
    private static final ViewChange NOTHING =
            new ViewChange(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    @TempDir
    Path home;

    private final FakeClock clock = new FakeClock();
    private Db db;
    private Ledger ledger;
    private ArtifactsSlice artifacts;
    private TrackingSlice tracking;
    private ViewService views;
    private long experiment;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        db = open(home);
        new Migrator(db)
                .migrate(Stream.of(
                                Ledger.MIGRATIONS,
                                ArtifactsSlice.MIGRATIONS,
                                TrackingSlice.MIGRATIONS,
                                ViewsSlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        Ids ids = new Ids(new SecureRandom());
        ledger = new Ledger(db, clock, ids);
        artifacts = ArtifactsSlice.wire(db, ledger, clock, ids, ArtifactSettings.folder(home.resolve("artifacts")));
        tracking = TrackingSlice.wire(db, ledger, clock, ids, artifacts.service());
        views = ViewsSlice.wire(db, ledger, clock, ids, tracking.experiments()).service();
        experiment = tracking.experiments().create("census", "", Map.of());
    }

    @AfterEach
    void close() {
        artifacts.close();
        ledger.close();
        db.close();
    }

    @Test
    void a_view_is_its_owners_until_it_is_shared() {
        View view = as("ann", WRITER, () -> save("good ones", false));

        assertThat(namesFor("ann", READER)).containsExactly("good ones");
        assertThat(namesFor("bob", MANAGER)).isEmpty();
        assertRefused(ErrorCode.NOT_FOUND, "bob", MANAGER, () -> change(view, pinned(true)));
        assertRefused(ErrorCode.NOT_FOUND, "bob", MANAGER, () -> delete(view));

        as("ann", WRITER, () -> change(view, shared(true)));
        assertThat(namesFor("bob", READER)).containsExactly("good ones");
        as("ann", WRITER, () -> change(view, shared(false)));
        assertThat(namesFor("bob", READER)).isEmpty();
    }

    @Test
    void sharing_takes_write_and_a_private_view_only_read() {
        View mine = as("ann", READER, () -> save("mine", false));

        as("ann", READER, () -> change(mine, pinned(true)));
        assertRefused(ErrorCode.PERMISSION_DENIED, "ann", READER, () -> change(mine, shared(true)));
        assertRefused(ErrorCode.PERMISSION_DENIED, "ann", READER, () -> save("ours", true));
        assertRefused(ErrorCode.PERMISSION_DENIED, "nobody", Set.of(), () -> save("x", false));
        assertRefused(ErrorCode.PERMISSION_DENIED, "nobody", Set.of(), () -> views.list(experiment));
        assertThat(as("ann", READER, () -> views.mayShare(experiment))).isFalse();
        assertThat(as("ann", WRITER, () -> views.mayShare(experiment))).isTrue();
    }

    @Test
    void what_is_shared_is_pinned_by_writers_and_changed_by_its_owner_or_a_manager() {
        View ours = as("ann", WRITER, () -> save("ours", true));

        assertRefused(ErrorCode.PERMISSION_DENIED, "bob", READER, () -> change(ours, pinned(true)));
        assertThat(as("bob", WRITER, () -> change(ours, pinned(true))).pinned()).isTrue();
        assertRefused(ErrorCode.PERMISSION_DENIED, "bob", WRITER, () -> change(ours, named("his")));
        assertRefused(ErrorCode.PERMISSION_DENIED, "bob", WRITER, () -> delete(ours));
        assertThat(as("bob", WRITER, () -> views.mayChange(ours))).isFalse();
        assertRefused(ErrorCode.PERMISSION_DENIED, "ann", READER, () -> change(ours, named("mine still")));

        View renamed = as("bob", MANAGER, () -> change(ours, named("tidied")));
        assertThat(renamed.owner()).isEqualTo("ann");
        as("bob", MANAGER, () -> delete(ours));
        assertThat(namesFor("ann", WRITER)).isEmpty();
    }

    @Test
    void pinned_ones_come_first_and_then_names_are_in_order() {
        as("ann", WRITER, () -> save("b", false));
        as("ann", WRITER, () -> save("a", true));
        View last = as("ann", WRITER, () -> save("z", false));
        as("ann", WRITER, () -> change(last, pinned(true)));

        assertThat(namesFor("ann", READER)).containsExactly("z", "a", "b");
    }

    @Test
    void a_name_is_free_for_everybody_once() {
        View first = as("ann", WRITER, () -> save("best", true));
        View other = as("ann", WRITER, () -> save("other", false));
        as("bob", WRITER, () -> save("best", true));
        long elsewhere = tracking.experiments().create("elsewhere", "", Map.of());
        as("ann", WRITER, () -> views.save(elsewhere, "best", "", false, false));

        assertRefused(ErrorCode.NAME_TAKEN, "ann", WRITER, () -> save("best", false));
        assertRefused(ErrorCode.NAME_TAKEN, "ann", WRITER, () -> change(other, named("best")));
        as("ann", WRITER, () -> change(first, named("best")));
        as("ann", WRITER, () -> delete(first));
        as("ann", WRITER, () -> save("best", false));
    }

    @Test
    void a_deleted_view_comes_back_as_it_was_for_a_day() {
        View view = as("ann", WRITER, () -> save("mine", true));
        as("ann", WRITER, () -> delete(view));
        assertRefused(ErrorCode.NOT_FOUND, "ann", WRITER, () -> change(view, named("x")));

        View back = as("ann", WRITER, () -> change(view, restored()));

        assertThat(back.id()).isEqualTo(view.id());
        assertThat(back.state()).isEqualTo(view.state());
        assertThat(namesFor("bob", READER)).containsExactly("mine");
        as("ann", WRITER, () -> delete(view));
        as("ann", WRITER, () -> save("mine", false));
        assertRefused(ErrorCode.NAME_TAKEN, "ann", WRITER, () -> change(view, restored()));
        clock.move(Duration.ofHours(25));
        assertRefused(ErrorCode.NOT_FOUND, "ann", WRITER, () -> change(view, restored()));
    }

    @Test
    void what_is_too_long_or_too_much_is_refused() {
        assertRefused(ErrorCode.INVALID_ARGUMENT, "ann", WRITER, () -> save("", false));
        assertRefused(ErrorCode.INVALID_ARGUMENT, "ann", WRITER, () -> save(" a", false));
        assertRefused(ErrorCode.INVALID_ARGUMENT, "ann", WRITER, () -> save("a\u0000b", false));
        assertRefused(ErrorCode.INVALID_ARGUMENT, "ann", WRITER, () -> save("x".repeat(101), false));
        assertRefused(
                ErrorCode.INVALID_ARGUMENT,
                "ann",
                WRITER,
                () -> views.save(experiment, "x", "é".repeat(4097), false, false));
        as("ann", WRITER, () -> views.save(experiment, "x", "é".repeat(4096), false, false));

        for (int i = 1; i < ViewService.MOST_VIEWS; i++) {
            String name = "view " + i;
            as("ann", WRITER, () -> save(name, false));
        }
        assertRefused(ErrorCode.WRONG_STATE, "ann", WRITER, () -> save("one more", false));
        as("bob", WRITER, () -> save("bob has room of his own", false));
        as("ann", WRITER, () -> save("and so have shared ones", true));
        View one = as("ann", WRITER, () -> views.list(experiment)).stream()
                .filter(view -> !view.shared())
                .findFirst()
                .orElseThrow();
        as("ann", WRITER, () -> delete(one));
        as("ann", WRITER, () -> save("one more", false));
        assertRefused(ErrorCode.WRONG_STATE, "ann", WRITER, () -> change(one, restored()));
    }

    @Test
    void views_go_with_their_experiment() {
        View view = as("ann", WRITER, () -> save("mine", true));
        tracking.experiments().delete(experiment);
        assertThat(namesFor("ann", READER)).containsExactly("mine");

        tracking.trash().collect(new TrashService.Request(null, Duration.ZERO, false, false), purged -> {});

        int left = db.read(sql -> sql.query("select count(*) from saved_views", row -> row.getInt(1)))
                .getFirst();
        assertThat(left).isZero();
        assertThat(ledger.eventsAbout(view.urn())).extracting(Event::type).containsExactly("view.saved");
    }

    @Test
    void private_views_go_with_their_owner() {
        as("ann", WRITER, () -> save("mine", false));
        as("ann", WRITER, () -> save("ours", true));
        as("bob", WRITER, () -> save("his", false));

        db.tx(sql -> {
            ledger.append(sql, "user.deleted", "user:ann", Map.of());
            return 0;
        });

        assertThat(namesFor("ann", READER)).containsExactly("ours");
        assertThat(namesFor("bob", READER)).containsExactly("his", "ours");
    }

    @Test
    void the_ledger_tells_what_became_of_a_view() {
        View view = as("ann", WRITER, () -> save("mine", false));
        as("ann", WRITER, () -> change(view, named("ours")));
        as("ann", WRITER, () -> delete(view));
        as("ann", WRITER, () -> change(view, restored()));

        List<Event> events = ledger.eventsAbout(view.urn());
        assertThat(events)
                .extracting(Event::type)
                .containsExactly("view.saved", "view.changed", "view.deleted", "view.saved");
        assertThat(events).extracting(Event::actor).containsOnly("ann");
        assertThat(events.get(1).payload()).contains("\"name\":\"ours\"", "\"experiment\":" + experiment);
    }

    @Test
    void an_experiment_that_is_not_there_has_no_views() {
        assertRefused(ErrorCode.NOT_FOUND, "ann", WRITER, () -> views.list(987));
        assertRefused(ErrorCode.NOT_FOUND, "ann", WRITER, () -> views.save(987, "x", "", false, false));
        View view = as("ann", WRITER, () -> save("mine", false));
        long other = tracking.experiments().create("other", "", Map.of());
        assertRefused(ErrorCode.NOT_FOUND, "ann", WRITER, () -> views.change(other, view.id(), pinned(true)));
    }

    private View save(String name, boolean shared) {
        return views.save(experiment, name, "filter=metrics.loss+<+0.5&column=params.lr", shared, false);
    }

    private View change(View view, ViewChange change) {
        return views.change(experiment, view.id(), change);
    }

    private int delete(View view) {
        views.delete(experiment, view.id());
        return 0;
    }

    private List<String> namesFor(String reader, Set<Right> rights) {
        return as(reader, rights, () -> views.list(experiment)).stream()
                .map(View::name)
                .toList();
    }

    private static ViewChange named(String name) {
        return new ViewChange(
                Optional.of(name), NOTHING.state(), NOTHING.shared(), NOTHING.pinned(), NOTHING.deleted());
    }

    private static ViewChange shared(boolean shared) {
        return new ViewChange(
                NOTHING.name(), NOTHING.state(), Optional.of(shared), NOTHING.pinned(), NOTHING.deleted());
    }

    private static ViewChange pinned(boolean pinned) {
        return new ViewChange(
                NOTHING.name(), NOTHING.state(), NOTHING.shared(), Optional.of(pinned), NOTHING.deleted());
    }

    private static ViewChange restored() {
        return new ViewChange(NOTHING.name(), NOTHING.state(), NOTHING.shared(), NOTHING.pinned(), Optional.of(false));
    }

    private static <T> T as(String who, Set<Right> rights, Supplier<T> body) {
        Access access = (right, workspace, entity, parents) -> rights.contains(right);
        return new RequestContext("test", new Principal(who), RequestContext.DEFAULT_WORKSPACE, access, "")
                .call(body::get);
    }

    private static void assertRefused(ErrorCode code, String who, Set<Right> rights, Supplier<?> body) {
        assertThatThrownBy(() -> as(who, rights, body))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(code));
    }
}
