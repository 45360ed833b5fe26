package io.millwright.tracking;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Names;
import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Logged models: made pending, finalised when their files are there, tagged, searched, deleted.
public final class LoggedModelService {
    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final Ids ids;
    private final ExperimentService experimentService;
    private final LoggedModelStore models = new LoggedModelStore();

    LoggedModelService(Db db, Ledger ledger, Clock clock, Ids ids, ExperimentService experimentService) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = ids;
        this.experimentService = experimentService;
    }

    /// What a client gives to make a logged model.
    ///
    /// @param name empty to have one invented
    public record NewLoggedModel(
            long experiment,
            String name,
            @Nullable String modelType,
            @Nullable String sourceRun,
            Map<String, String> params,
            Map<String, String> tags) {}

    public LoggedModel create(NewLoggedModel request) {
        checkName(request.name());
        Map<String, String> params = checkedParams(request.params());
        Map<String, String> tags = checkedTags(request.tags());
        String id = "m-" + ids.hex32();
        String name = request.name().isEmpty() ? RunNames.invent(ids) : request.name();
        ExperimentService.may(Right.WRITE, request.experiment());
        return db.tx(sql -> {
            Experiment parent = experimentService.requireActive(sql, request.experiment());
            Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            LoggedModel model = new LoggedModel(
                    id,
                    parent.id(),
                    name,
                    request.modelType(),
                    request.sourceRun(),
                    LoggedModelStatus.LOGGED_MODEL_PENDING,
                    null,
                    ArtifactLocations.under(parent.artifactLocation(), "models", id, "artifacts"),
                    now,
                    now,
                    false,
                    tags,
                    params,
                    List.of());
            models.insert(sql, parent.workspace(), model);
            ledger.append(sql, "logged-model.created", model.urn(), Map.of("experiment", parent.id(), "name", name));
            return model;
        });
    }

    public LoggedModel get(String id, boolean allowDeleted) {
        LoggedModel model = db.read(sql -> models.find(sql, ExperimentService.workspace(), id))
                .orElseThrow(() -> unknown(id));
        may(Right.READ, model);
        if (model.deleted() && !allowDeleted) throw unknown(id);
        return model;
    }

    public LoggedModel finalise(String id, LoggedModelStatus status) {
        return db.tx(sql -> {
            LoggedModel model = may(Right.WRITE, require(sql, id));
            models.setStatus(sql, id, status, clock.instant());
            ledger.append(sql, "logged-model.finalised", model.urn(), Map.of("status", status.name()));
            return require(sql, id);
        });
    }

    /// Into the trash.
    public void delete(String id) {
        db.tx(sql -> {
            LoggedModel model = may(Right.MANAGE, require(sql, id));
            models.markDeleted(sql, id, clock.instant());
            ledger.append(sql, "logged-model.deleted", model.urn(), Map.of("name", model.name()));
            return 0;
        });
    }

    /// Back from the trash.
    public void restore(String id) {
        db.tx(sql -> {
            LoggedModel model = may(Right.MANAGE, require(sql, id));
            if (model.deleted()) {
                models.markActive(sql, id, clock.instant());
                ledger.append(sql, "logged-model.restored", model.urn(), Map.of("name", model.name()));
            }
            return 0;
        });
    }

    public LoggedModel setTags(String id, Map<String, String> tags) {
        Map<String, String> checked = checkedTags(tags);
        return db.tx(sql -> {
            LoggedModel model = may(Right.WRITE, require(sql, id));
            checked.forEach((key, value) -> models.setTag(sql, id, key, value));
            ledger.append(sql, "logged-model.tags-set", model.urn(), Map.of("tags", checked));
            return require(sql, id);
        });
    }

    /// Replaces one tag by what a function makes of its old value, in the caller's transaction. It needs no
    /// right to write: registering a model says so on it, also for whoever may only read it.
    public void editTag(Sql sql, String id, String key, Function<Optional<String>, String> edit) {
        LoggedModel model = require(sql, id);
        String value = edit.apply(Optional.ofNullable(model.tags().get(key)));
        models.setTag(sql, id, key, value);
        ledger.append(sql, "logged-model.tags-set", model.urn(), Map.of("tags", Map.of(key, value)));
    }

    public void deleteTag(String id, String key) {
        db.tx(sql -> {
            LoggedModel model = may(Right.WRITE, require(sql, id));
            if (!models.deleteTag(sql, id, key)) {
                throw NOT_FOUND.because(
                        "No tag with key " + Names.quote(key) + " found for model with ID " + Names.quote(id) + ".");
            }
            ledger.append(sql, "logged-model.tag-deleted", model.urn(), Map.of("key", key));
            return 0;
        });
    }

    public void logParams(String id, Map<String, String> params) {
        Map<String, String> checked = checkedParams(params);
        db.tx(sql -> {
            LoggedModel model = may(Right.WRITE, require(sql, id));
            checked.forEach((key, value) -> {
                String old = model.params().get(key);
                if (old != null && !old.equals(value)) {
                    throw INVALID_ARGUMENT.because("Changing param values is not allowed. Param with key='" + key
                            + "' was already logged with value='" + old + "' for model ID='" + id
                            + "'. Attempted logging new value '" + value + "'.");
                }
                models.setParam(sql, id, key, value);
            });
            return 0;
        });
    }

    Page<LoggedModel> search(LoggedModelSearch search, int maxResults, Optional<String> pageToken) {
        return db.read(sql -> {
            Page<LoggedModel> found = search.page(sql, maxResults, pageToken);
            return new Page<>(models.withData(sql, found.items()), found.nextToken());
        });
    }

    private static LoggedModel may(Right right, LoggedModel model) {
        RequestContext.current().require(right, model.urn(), "experiment:" + model.experiment());
        return model;
    }

    private LoggedModel require(Sql sql, String id) {
        return models.find(sql, ExperimentService.workspace(), id).orElseThrow(() -> unknown(id));
    }

    static Failure unknown(String id) {
        return NOT_FOUND.because("Logged model with ID '" + id + "' not found.");
    }

    private static void checkName(String name) {
        if (name.chars().anyMatch(c -> "/:.%\"'".indexOf(c) >= 0)) {
            throw INVALID_ARGUMENT.because(
                    "Invalid model name (" + Names.quote(name)
                            + ") provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '\"', \"'\")");
        }
        Names.limited("name", 500, name);
    }

    private static Map<String, String> checkedParams(Map<String, String> params) {
        Map<String, String> checked = new LinkedHashMap<>();
        params.forEach((key, value) -> checked.put(Names.limited("Param key", Names.KEY_LIMIT, key), value));
        return checked;
    }

    private static Map<String, String> checkedTags(Map<String, String> tags) {
        Map<String, String> checked = new LinkedHashMap<>();
        tags.forEach((key, value) -> checked.put(Names.limited("key", Names.KEY_LIMIT, key), value));
        return checked;
    }
}
