package io.millwright.views;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.PERMISSION_DENIED;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import io.millwright.tracking.ExperimentService;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Views of an experiment's runs: saved, changed, shared, deleted and brought back.
///
/// READ on the experiment shows them and lets one keep views for oneself; what others see takes WRITE as well. A view
/// is its owner's and, once it is shared, also the business of whoever may MANAGE the experiment.
public final class ViewService {
    static final int MOST_VIEWS = 200;
    static final int LONGEST_STATE = 8 * 1024;
    static final int LONGEST_NAME = 100;
    /// So long a deleted view can be brought back.
    static final Duration BROUGHT_BACK_WITHIN = Duration.ofDays(1);

    private static final int DELETED_KEPT = 200;

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final Ids ids;
    private final ExperimentService experiments;
    private final ViewStore store = new ViewStore();

    ViewService(Db db, Ledger ledger, Clock clock, Ids ids, ExperimentService experiments) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = ids;
        this.experiments = experiments;
    }

    /// Has views go with their experiment, and those that nobody else sees with their owner, in the same transactions.
    void follow() {
        ledger.beside("experiment.purged", (sql, event) -> store.deleteAllOf(sql, Long.parseLong(id(event))));
        ledger.beside("user.deleted", (sql, event) -> store.deletePrivateOf(sql, id(event)));
        ledger.beside("service-account.deleted", (sql, event) -> store.deletePrivateOf(sql, id(event)));
    }

    private static String id(Event event) {
        return event.entity().substring(event.entity().indexOf(':') + 1);
    }

    /// What the principal in hand sees; pinned views first, then by name.
    public List<View> list(long experiment) {
        experiments.get(experiment);
        return db.read(sql -> store.of(sql, experiment, principal()));
    }

    /// Whether the principal in hand may share views of an experiment and pin what is shared.
    public boolean mayShare(long experiment) {
        return RequestContext.current().allows(Right.WRITE, urn(experiment));
    }

    /// Whether the principal in hand may change or delete a view they see.
    public boolean mayChange(View view) {
        RequestContext context = RequestContext.current();
        boolean theirs = view.owner().equals(principal());
        if (!view.shared()) return theirs;
        return context.allows(Right.WRITE, urn(view.experiment()))
                && (theirs || context.allows(Right.MANAGE, urn(view.experiment())));
    }

    /// @throws Failure NAME_TAKEN when the principal has a view of this name here; WRONG_STATE when there are too many
    public View save(long experiment, String name, String state, boolean shared, boolean pinned) {
        checkName(name);
        checkState(state);
        experiments.get(experiment);
        if (shared) requireWrite(experiment);
        return db.tx(sql -> {
            checkFree(sql, experiment, principal(), name, "");
            checkRoom(sql, experiment, shared);
            Instant now = now();
            View view = new View(ids.hex32(), experiment, principal(), name, state, shared, pinned, now, now);
            store.insert(sql, view);
            append(sql, "view.saved", view);
            return view;
        });
    }

    /// @throws Failure NOT_FOUND when there is none that the principal sees; PERMISSION_DENIED when it is not theirs to
    ///     change
    public View change(long experiment, String id, ViewChange change) {
        change.name().ifPresent(ViewService::checkName);
        change.state().ifPresent(ViewService::checkState);
        if (change.deleted().orElse(false)) {
            throw INVALID_ARGUMENT.because(
                    "'deleted' is true, expected false to bring a view back. DELETE deletes it.");
        }
        experiments.get(experiment);
        return db.tx(sql -> {
            Optional<View> found = store.find(sql, experiment, id);
            boolean comesBack = found.isEmpty() && change.deleted().isPresent();
            if (comesBack) {
                Instant oldest = now().minus(BROUGHT_BACK_WITHIN);
                store.forgetDeleted(sql, experiment, oldest, DELETED_KEPT);
                found = store.findDeleted(sql, experiment, id);
            }
            View before = found.filter(ViewService::isSeen).orElseThrow(() -> unknown(experiment, id));
            View after = before.with(change, now());
            if (change.isMoreThanAPin()) requireTheirs(before);
            if (before.shared() || after.shared()) requireWrite(experiment);
            checkFree(sql, experiment, after.owner(), after.name(), id);
            if (comesBack || after.shared() != before.shared()) checkRoom(sql, experiment, after.shared());
            store.update(sql, after);
            append(sql, comesBack ? "view.saved" : "view.changed", after);
            return after;
        });
    }

    /// For a day it can be brought back by a change that says so.
    public void delete(long experiment, String id) {
        experiments.get(experiment);
        db.tx(sql -> {
            View view = store.find(sql, experiment, id)
                    .filter(ViewService::isSeen)
                    .orElseThrow(() -> unknown(experiment, id));
            requireTheirs(view);
            if (view.shared()) requireWrite(experiment);
            store.markDeleted(sql, id, now());
            store.forgetDeleted(sql, experiment, now().minus(BROUGHT_BACK_WITHIN), DELETED_KEPT);
            append(sql, "view.deleted", view);
            return 0;
        });
    }

    private void append(Sql sql, String type, View view) {
        ledger.append(
                sql,
                type,
                view.urn(),
                Map.of(
                        "experiment", view.experiment(),
                        "name", view.name(),
                        "owner", view.owner(),
                        "shared", view.shared(),
                        "pinned", view.pinned()));
    }

    private static boolean isSeen(View view) {
        return view.shared() || view.owner().equals(principal());
    }

    private static void requireWrite(long experiment) {
        RequestContext.current().require(Right.WRITE, urn(experiment));
    }

    private static void requireTheirs(View view) {
        if (view.owner().equals(principal())) return;
        if (RequestContext.current().allows(Right.MANAGE, urn(view.experiment()))) return;
        throw PERMISSION_DENIED.because(
                "The view '%s' is of '%s': they or whoever may manage the experiment change it. Save your own beside it.",
                view.name(), view.owner());
    }

    private void checkFree(Sql sql, long experiment, String owner, String name, String id) {
        Optional<View> other = store.named(sql, experiment, owner, name);
        if (other.isPresent() && !other.get().id().equals(id)) {
            throw NAME_TAKEN.because(
                    "'%s' already has a view '%s' of this experiment. Choose another name, or change that one.",
                    owner, name);
        }
    }

    /// Private ones are counted for each person, so that nobody takes the room of others.
    private void checkRoom(Sql sql, long experiment, boolean shared) {
        int there = shared ? store.countShared(sql, experiment) : store.countPrivate(sql, experiment, principal());
        if (there < MOST_VIEWS) return;
        throw WRONG_STATE.because(
                "The experiment has %d saved views %s, and takes no more. Delete one that nobody needs.",
                MOST_VIEWS, shared ? "that are shared" : "of yours");
    }

    private static void checkName(String name) {
        int length = name.codePointCount(0, name.length());
        if (name.isBlank() || !name.equals(name.strip()) || length > LONGEST_NAME || hasControls(name)) {
            throw INVALID_ARGUMENT.because(
                    "'name' has %d characters, expected 1 to %d without line breaks and without blanks at its ends.",
                    length, LONGEST_NAME);
        }
    }

    private static void checkState(String state) {
        int bytes = state.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LONGEST_STATE) {
            throw INVALID_ARGUMENT.because(
                    "'state' has %d bytes, at most %d are kept. Show fewer columns, or untick runs.",
                    bytes, LONGEST_STATE);
        }
        if (hasControls(state)) {
            throw INVALID_ARGUMENT.because("'state' has control characters, expected the query of an address such as"
                    + " filter=metrics.loss+<+0.5.");
        }
    }

    private static boolean hasControls(String text) {
        return text.chars().anyMatch(Character::isISOControl);
    }

    private static Failure unknown(long experiment, String id) {
        return NOT_FOUND.because(
                "Experiment %d has no view '%s' that you may see. It may have been deleted.", experiment, id);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static String urn(long experiment) {
        return "experiment:" + experiment;
    }

    private static String principal() {
        return RequestContext.current().principal().name();
    }
}
