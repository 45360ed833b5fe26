package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Names;
import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Experiments: made, found, renamed, tagged, and put into the trash and back with all their runs.
public final class ExperimentService {
    private static final int NAME_LIMIT = 500;
    private static final int PAGE_LIMIT = 50_000;

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final ExperimentStore experiments = new ExperimentStore();
    private final RunStore runs = new RunStore();

    ExperimentService(Db db, Ledger ledger, Clock clock) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
    }

    /// A new database has experiment 0, `Default`, as every MLflow client expects.
    void ensureDefault() {
        db.tx(sql -> {
            experiments.insertDefault(
                    sql,
                    RequestContext.DEFAULT_WORKSPACE,
                    "Default",
                    ArtifactLocations.OWN_ROOT + "/0",
                    clock.instant());
            return 0;
        });
    }

    /// @param location empty for the server's own store
    /// @return the new id
    public long create(String name, String location, Map<String, String> tags) {
        checkName(name);
        String chosen = location.isEmpty() ? "" : ArtifactLocations.chosenByClient(location);
        tags.forEach(ExperimentService::checkTag);
        RequestContext.current().requireOnWorkspace(Right.WRITE);
        return db.tx(sql -> {
            if (experiments.findByName(sql, workspace(), name).isPresent()) throw taken(name);
            long id = experiments.insert(sql, workspace(), name, clock.instant());
            experiments.setLocation(sql, id, chosen.isEmpty() ? ArtifactLocations.OWN_ROOT + "/" + id : chosen);
            tags.forEach((key, value) -> experiments.setTag(sql, id, key, value));
            ledger.append(sql, "experiment.created", "experiment:" + id, Map.of("name", name, "tags", tags));
            return id;
        });
    }

    public Experiment get(long id) {
        may(Right.READ, id);
        return db.read(sql -> require(sql, id));
    }

    public Experiment getByName(String name) {
        // One that may not be read is as one that is not there: the name alone would tell.
        return db.read(sql -> experiments.findByName(sql, workspace(), name))
                .filter(experiment -> RequestContext.current().allows(Right.READ, experiment.urn()))
                .orElseThrow(() -> NOT_FOUND.because("Could not find experiment with name '" + name + "'"));
    }

    /// @param filter in MLflow's search grammar, or empty
    public Page<Experiment> search(
            String filter, List<String> orderBy, ViewType view, int maxResults, Optional<String> pageToken) {
        checkPageSize(maxResults);
        ExperimentSearch search = new ExperimentSearch(
                workspace(), filter, orderBy, view, RequestContext.current().readable("experiment"));
        return db.read(sql -> search.page(sql, experiments, maxResults, pageToken));
    }

    static void checkPageSize(int maxResults) {
        String got = "Invalid value " + maxResults + " for parameter 'max_results' supplied. It must be ";
        if (maxResults < 1) throw INVALID_ARGUMENT.because(got + "a positive integer");
        if (maxResults > PAGE_LIMIT) throw INVALID_ARGUMENT.because(got + "at most " + PAGE_LIMIT);
    }

    public void rename(long id, String name) {
        checkName(name);
        may(Right.WRITE, id);
        db.tx(sql -> {
            Experiment experiment = require(sql, id);
            if (experiment.deleted()) throw WRONG_STATE.because("Cannot rename a non-active experiment.");
            if (!experiment.name().equals(name)
                    && experiments.findByName(sql, workspace(), name).isPresent()) throw taken(name);
            experiments.rename(sql, id, name, clock.instant());
            ledger.append(sql, "experiment.renamed", experiment.urn(), Map.of("from", experiment.name(), "to", name));
            return 0;
        });
    }

    /// Into the trash, with all its runs.
    public void delete(long id) {
        may(Right.MANAGE, id);
        // Waits for the runs that are being created in it, and then sees them.
        db.txAfterLocks(sql -> {
            Experiment experiment = require(sql, id);
            if (!experiments.markDeleted(sql, id, clock.instant())) throw unknown(id);
            runs.markAllDeleted(sql, id, clock.millis());
            ledger.append(sql, "experiment.deleted", experiment.urn(), Map.of("name", experiment.name()));
            return 0;
        });
    }

    /// Back from the trash, with all its runs.
    public void restore(long id) {
        may(Right.MANAGE, id);
        db.tx(sql -> {
            Experiment experiment = require(sql, id);
            if (!experiment.deleted()) throw unknown(id);
            experiments.markActive(sql, id, clock.instant());
            runs.markAllActive(sql, id);
            ledger.append(sql, "experiment.restored", experiment.urn(), Map.of("name", experiment.name()));
            return 0;
        });
    }

    public void setTag(long id, String key, String value) {
        checkTag(key, value);
        may(Right.WRITE, id);
        db.tx(sql -> {
            Experiment experiment = require(sql, id);
            checkActive(experiment);
            experiments.setTag(sql, id, key, value);
            ledger.append(sql, "experiment.tag-set", experiment.urn(), Map.of("key", key, "value", value));
            return 0;
        });
    }

    public void deleteTag(long id, String key) {
        may(Right.WRITE, id);
        db.tx(sql -> {
            Experiment experiment = require(sql, id);
            checkActive(experiment);
            if (!experiments.deleteTag(sql, id, key)) {
                throw NOT_FOUND.because("No tag with name: " + key + " in experiment with id " + id);
            }
            ledger.append(sql, "experiment.tag-deleted", experiment.urn(), Map.of("key", key));
            return 0;
        });
    }

    /// @throws Failure PERMISSION_DENIED
    static void may(Right right, long experiment) {
        RequestContext.current().require(right, "experiment:" + experiment);
    }

    Experiment require(Sql sql, long id) {
        return experiments.find(sql, workspace(), id).orElseThrow(() -> unknown(id));
    }

    /// The experiment without its tags, to put something into it: until the transaction ends nobody deletes it.
    Experiment requireActive(Sql sql, long id) {
        Experiment experiment = experiments.findShared(sql, workspace(), id).orElseThrow(() -> unknown(id));
        checkActive(experiment);
        return experiment;
    }

    private static void checkActive(Experiment experiment) {
        if (experiment.deleted()) {
            throw INVALID_ARGUMENT.because(
                    "The experiment " + experiment.id() + " must be in the 'active' state. Current state is deleted.");
        }
    }

    private static Failure unknown(long id) {
        return NOT_FOUND.because("No Experiment with id=" + id + " exists");
    }

    private static Failure taken(String name) {
        return NAME_TAKEN.because("Experiment(name=" + name
                + ") already exists. Choose another name, or restore the deleted experiment that has it.");
    }

    private static void checkName(String name) {
        if (name.isEmpty()) throw INVALID_ARGUMENT.because("Invalid experiment name: ''");
        Names.limited("name", NAME_LIMIT, name);
    }

    private static void checkTag(String key, String value) {
        Names.key("key", key);
        Names.limited("key", Names.KEY_LIMIT, key);
        Names.limited("value", Names.EXPERIMENT_TAG_LIMIT, value);
    }

    static String workspace() {
        return RequestContext.current().workspace();
    }
}
