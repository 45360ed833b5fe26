package io.millwright.serving.endpoints;

import static io.millwright.kernel.ErrorCode.CONFLICT;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.kernel.Visible;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Endpoints as they are written down: made, given new revisions, deleted. That a revision's models
/// can answer has been tried by whoever makes one.
public final class EndpointService {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?");

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final Ids ids;
    private final EndpointStore store = new EndpointStore();

    public EndpointService(Db db, Ledger ledger, Clock clock, Ids ids) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = ids;
    }

    /// An endpoint and the workspace it lies in.
    public record Placed(String workspace, Endpoint endpoint) {}

    /// @throws Failure NOT_FOUND
    public Endpoint get(String name) {
        return find(name).orElseThrow(() -> unknown(name));
    }

    public Optional<Endpoint> find(String name) {
        checkName(name);
        RequestContext.current().require(Right.READ, Endpoint.urn(name));
        return db.read(sql -> store.find(sql, workspace(), name));
    }

    /// Those that the principal in hand may read, by name.
    public List<Endpoint> page(String after, int limit) {
        Visible visible = RequestContext.current().readable("endpoint");
        return db.read(sql -> store.page(sql, workspace(), visible, after, limit));
    }

    /// Newest first, before a number.
    public List<Revision> revisions(String name, int before, int limit) {
        get(name);
        return db.read(sql -> store.revisions(sql, workspace(), name, before, limit));
    }

    /// Of all workspaces, for the process itself.
    public List<Placed> all() {
        return db.read(store::all);
    }

    /// @param expected the revision this one follows; 0 for a new endpoint
    /// @param why what is done, as the ledger tells it: `deployed`, `traffic-set`, `rolled-back`
    /// @param because what it is done for, told in the event, too
    /// @throws Failure CONFLICT when somebody else was faster
    public Endpoint revise(String name, int expected, Setup setup, String why, Map<String, Object> because) {
        checkName(name);
        requireWrite(name);
        Revision revision = new Revision(
                expected + 1, setup, now(), RequestContext.current().principal().name());
        return db.tx(sql -> {
            Optional<Endpoint> before = store.find(sql, workspace(), name);
            Endpoint after = new Endpoint(
                    before.map(Endpoint::id).orElseGet(ids::hex32),
                    name,
                    revision,
                    before.map(Endpoint::createdAt).orElse(revision.createdAt()));
            if (expected == 0) {
                if (before.isPresent()) throw NAME_TAKEN.because("There is an endpoint '%s' already.", name);
                store.insert(sql, workspace(), after);
            } else if (before.isEmpty()) {
                throw unknown(name);
            } else if (!store.revise(sql, workspace(), name, revision)) {
                throw CONFLICT.because(
                        "Endpoint '%s' is at revision %d, not %d: somebody else changed it. Look at it again and repeat.",
                        name, before.get().revision().number(), expected);
            }
            ledger.append(sql, "endpoint." + why, after.urn(), told(revision, because));
            return after;
        });
    }

    private static Map<String, Object> told(Revision revision, Map<String, Object> because) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("revision", revision.number());
        told.put("sticky", revision.setup().sticky());
        told.put("variants", told(revision.setup().variants()));
        if (!revision.setup().shadows().isEmpty())
            told.put("shadows", told(revision.setup().shadows()));
        told.putAll(because);
        return told;
    }

    private static List<Map<String, Object>> told(List<Variant> variants) {
        return variants.stream()
                .map(variant -> Map.<String, Object>of(
                        "name", variant.name(),
                        "model", variant.model(),
                        "version", variant.version(),
                        "weight", variant.weight()))
                .toList();
    }

    /// Writes down what a process has measured of an endpoint's revision.
    public void tellCounts(Endpoint endpoint, String process, String counts) {
        db.tx(sql -> {
            store.tellCounts(sql, endpoint, process, counts, now());
            return 0;
        });
    }

    /// What the other processes have.
    public List<String> countsOfOthers(Endpoint endpoint, String process) {
        return db.read(sql -> store.countsOfOthers(sql, endpoint, process));
    }

    public void delete(String name) {
        checkName(name);
        RequestContext.current().require(Right.MANAGE, Endpoint.urn(name));
        db.tx(sql -> {
            if (!store.delete(sql, workspace(), name)) throw unknown(name);
            ledger.append(sql, "endpoint.deleted", Endpoint.urn(name), Map.of("name", name));
            return 0;
        });
    }

    public void requireWrite(String name) {
        RequestContext.current().require(Right.WRITE, Endpoint.urn(name));
    }

    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    public static void checkName(String name) {
        if (isName(name)) return;
        throw INVALID_ARGUMENT.because(
                "'%s' is no name of an endpoint, expected 1 to 63 letters, digits, '-', '_' and '.', with a letter or digit"
                        + " at both ends.",
                name);
    }

    static Failure unknown(String name) {
        return NOT_FOUND.because(
                "There is no endpoint '%s' in workspace '%s'. Deploy a model to make it.", name, workspace());
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static String workspace() {
        return RequestContext.current().workspace();
    }
}
