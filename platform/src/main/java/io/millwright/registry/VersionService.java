package io.millwright.registry;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Names;
import io.millwright.kernel.Page;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import io.millwright.tracking.ArtifactLocations;
import io.millwright.tracking.LoggedModelService;
import io.millwright.tracking.TrackingSlice;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Versions of registered models: numbered, found by number, alias or stage, moved between stages, tagged,
/// deleted.
public final class VersionService {
    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final LoggedModelService loggedModels;
    private final VersionSources sources;
    private final RegistryStore models = new RegistryStore();
    private final VersionStore versions = new VersionStore();
    private final ModelMoves moves;
    private final Governor governor;

    VersionService(Db db, Ledger ledger, Clock clock, TrackingSlice tracking, ModelMoves moves, Governor governor) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.loggedModels = tracking.loggedModels();
        this.sources = new VersionSources(tracking.runs(), loggedModels, this);
        this.moves = moves;
        this.governor = governor;
    }

    /// The next version of a model. A logged model that it registers learns of it.
    public ModelVersion create(NewModelVersion request) {
        String model = request.model();
        RegistryNames.checkModel(model);
        request.tags().forEach(RegistryNames::checkVersionTag);
        RegistryService.may(Right.WRITE, model);
        return db.tx(sql -> {
            Instant now = now();
            request.tags().keySet().forEach(key -> governor.beforeVersionIsTagged(sql, model, key));
            VersionSources.Origin origin = sources.resolve(sql, request);
            long number = models.nextVersion(sql, workspace(), model, now)
                    .orElseThrow(() -> RegistryNames.unknownModel(model));
            ModelVersion version = new ModelVersion(
                    model,
                    number,
                    request.description(),
                    Stage.NONE,
                    origin.source(),
                    origin.location(),
                    origin.run(),
                    request.runLink(),
                    origin.loggedModel(),
                    now,
                    now,
                    request.tags(),
                    List.of());
            versions.insert(
                    sql,
                    workspace(),
                    version,
                    RequestContext.current().principal().name());
            ledger.append(sql, "model-version.created", version.urn(), created(version));
            String registered = request.loggedModel();
            if (registered != null && !registered.isEmpty() && origin.loggedModel() != null) {
                loggedModels.editTag(sql, registered, Registrations.TAG, old -> Registrations.and(old, model, number));
            }
            return version;
        });
    }

    private static Map<String, Object> created(ModelVersion version) {
        Map<String, Object> what = new LinkedHashMap<>();
        what.put("source", version.source());
        if (!version.run().isEmpty()) what.put("run", version.run());
        if (version.loggedModel() != null) what.put("logged_model", version.loggedModel());
        what.put("tags", version.tags());
        if (version.description() != null && !version.description().isEmpty()) {
            what.put("description", version.description());
        }
        return what;
    }

    /// @param number as the client wrote it
    public ModelVersion get(String model, String number) {
        RegistryNames.checkModel(model);
        long version = RegistryNames.number(model, number);
        ModelVersion.may(Right.READ, model, version);
        return db.read(sql -> withAliases(sql, require(sql, model, version)));
    }

    /// Where its artifacts lie in this server's own store.
    ///
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when they lie elsewhere: this server opens no
    ///     address that a client chose
    public String folder(String model, String number) {
        String location = sources.followed(get(model, number).location());
        return ArtifactLocations.ownPath(location)
                .orElseThrow(
                        () -> INVALID_ARGUMENT.because(
                                "The artifacts lie at " + location
                                        + ", outside this server's own store. Open them with your own credentials, for example with mlflow.artifacts."));
    }

    /// @param alias `latest` stands for the newest of all
    public ModelVersion byAlias(String model, String alias) {
        RegistryNames.checkModel(model);
        RegistryNames.checkAlias(alias);
        RegistryService.may(Right.READ, model);
        return db.read(sql -> withAliases(sql, readable(byAlias(sql, model, alias))));
    }

    private ModelVersion byAlias(Sql sql, String model, String alias) {
        requireModel(sql, model);
        if (RegistryNames.isLatest(alias)) {
            return newest(sql, model, null)
                    .orElseThrow(() -> NOT_FOUND.because("Latest version not found for model " + model + "."));
        }
        long version = models.aliased(sql, workspace(), model, alias)
                .orElseThrow(() -> INVALID_ARGUMENT.because("Registered model alias " + alias + " not found."));
        return require(sql, model, version);
    }

    /// The newest version in each stage.
    ///
    /// @param stages in any case; empty for all
    public List<ModelVersion> latest(String model, List<String> stages) {
        RegistryNames.checkModel(model);
        RegistryService.may(Right.READ, model);
        return db.read(sql -> {
            RegisteredModel found = requireModel(sql, model);
            Set<Stage> wanted = stages.isEmpty()
                    ? EnumSet.allOf(Stage.class)
                    : stages.stream().map(Stage::parse).collect(Collectors.toSet());
            return withAliases(
                    sql,
                    model,
                    versions.latest(sql, workspace(), List.of(found)).stream()
                            .filter(v -> wanted.contains(v.stage()) && v.isReadable())
                            .toList());
        });
    }

    private static ModelVersion readable(ModelVersion version) {
        ModelVersion.may(Right.READ, version.model(), version.number());
        return version;
    }

    /// The version that a `models:/…` source names.
    ModelVersion named(Sql sql, ModelUri uri, String source) {
        return readable(find(sql, uri, source));
    }

    private ModelVersion find(Sql sql, ModelUri uri, String source) {
        return switch (uri) {
            case ModelUri.OfVersion(String model, String number) -> {
                requireNoPrompt(sql, model, source);
                yield require(sql, model, RegistryNames.number(model, number));
            }
            case ModelUri.OfAlias(String model, String alias) -> {
                requireNoPrompt(sql, model, source);
                RegistryNames.checkAlias(alias);
                yield byAlias(sql, model, alias);
            }
            case ModelUri.OfNewest(String model, String stage) -> {
                requireNoPrompt(sql, model, source);
                yield newest(sql, model, stage == null ? null : Stage.parse(stage))
                        .orElseThrow(() -> INVALID_ARGUMENT.because("No versions of model with name '" + model + "'"
                                + (stage == null ? "" : " and stage '" + stage + "'") + " found"));
            }
            case ModelUri.OfLoggedModel(String id) ->
                throw new IllegalArgumentException("the logged model " + id + " is no version");
        };
    }

    private void requireNoPrompt(Sql sql, String model, String source) {
        RegistryNames.checkModel(model);
        if (requireModel(sql, model).isPrompt()) {
            throw VersionSources.invalid(source, "Prompt versions cannot be used as model version sources.");
        }
    }

    private Optional<ModelVersion> newest(Sql sql, String model, @Nullable Stage stage) {
        return versions.latest(sql, workspace(), List.of(requireModel(sql, model))).stream()
                .filter(v -> stage == null || v.stage() == stage)
                .max(Comparator.comparingLong(ModelVersion::number));
    }

    /// @param description null clears it
    public ModelVersion describe(String model, String number, @Nullable String description) {
        RegistryNames.checkModel(model);
        long version = RegistryNames.number(model, number);
        ModelVersion.may(Right.WRITE, model, version);
        return db.tx(sql -> {
            ModelVersion before = claim(sql, model, version);
            versions.describe(sql, workspace(), before, description, now());
            ledger.append(
                    sql,
                    "model-version.updated",
                    before.urn(),
                    Map.of("description", description == null ? "" : description));
            return withAliases(sql, require(sql, model, version));
        });
    }

    /// Moves a version to a stage; to and from a governed one by a promotion, see [Governor].
    ///
    /// @param archiveExisting whether the others there go to [Stage#ARCHIVED]; only for stages that are in use
    public ModelVersion transition(String model, String number, String stage, boolean archiveExisting) {
        RegistryNames.checkModel(model);
        Stage to = Stage.parse(stage);
        if (archiveExisting && !to.active()) {
            throw INVALID_ARGUMENT.because("Model version transition cannot archive existing model versions because '"
                    + stage + "' is not an Active stage. Valid stages are ['Staging', 'Production']");
        }
        long version = RegistryNames.number(model, number);
        ModelVersion.may(Right.WRITE, model, version);
        Optional<ModelVersion> moved = db.tx(sql -> {
            Instant now = now();
            ModelVersion before = claim(sql, model, version);
            if (governor.governsStage(sql, model, before.stage(), to)) return Optional.empty();
            models.touch(sql, workspace(), model, now);
            if (archiveExisting) {
                for (long other : versions.othersIn(sql, workspace(), model, to, version)) {
                    requireArchivable(sql, model, other, to);
                    moves.setStage(sql, model, other, to, Stage.ARCHIVED);
                }
            }
            moves.setStage(sql, model, version, before.stage(), to);
            return Optional.of(withAliases(sql, require(sql, model, version)));
        });
        return moved.orElseGet(() -> {
            governor.moveStage(model, version, to);
            return get(model, number);
        });
    }

    /// Whoever moves one version may take another's place only if they might move that one as well.
    private void requireArchivable(Sql sql, String model, long version, Stage from) {
        ModelVersion.may(Right.WRITE, model, version);
        if (governor.governsStage(sql, model, from, Stage.ARCHIVED)) {
            throw WRONG_STATE.because(
                    "Version %d of '%s' goes to the stage %s only by promotion, and is not archived along with this move."
                            + " Ask for that promotion, or move without archive_existing_versions.",
                    version, model, Stage.ARCHIVED.label());
        }
    }

    /// For good, with its aliases; its number is not used again.
    public void delete(String model, String number) {
        RegistryNames.checkModel(model);
        long version = RegistryNames.number(model, number);
        ModelVersion.may(Right.MANAGE, model, version);
        db.tx(sql -> {
            ModelVersion before = claim(sql, model, version);
            models.touch(sql, workspace(), model, now());
            List<String> aliases = models.deleteAliasesOf(sql, workspace(), model, version);
            governor.beforeVersionIsDeleted(sql, before, aliases);
            versions.delete(sql, workspace(), model, version);
            ledger.append(
                    sql,
                    "model-version.deleted",
                    before.urn(),
                    Map.of("source", before.source(), "stage", before.stage().label(), "aliases", aliases));
            return 0;
        });
    }

    public void setTag(String model, String number, String key, String value) {
        RegistryNames.checkModel(model);
        long version = RegistryNames.number(model, number);
        ModelVersion.may(Right.WRITE, model, version);
        RegistryNames.checkVersionTag(key, value);
        db.tx(sql -> {
            claim(sql, model, version);
            governor.beforeVersionIsTagged(sql, model, key);
            moves.setTag(sql, model, version, key, value);
            return 0;
        });
    }

    /// Nothing when it has no such tag.
    public void deleteTag(String model, String number, String key) {
        RegistryNames.checkModel(model);
        long version = RegistryNames.number(model, number);
        ModelVersion.may(Right.WRITE, model, version);
        Names.key("key", key);
        db.tx(sql -> {
            String urn = claim(sql, model, version).urn();
            governor.beforeVersionIsTagged(sql, model, key);
            if (versions.deleteTag(sql, workspace(), model, version, key)) {
                ledger.append(sql, "model-version.tag-deleted", urn, told(sql, model, Map.of("key", key)));
            }
            return 0;
        });
    }

    /// @param filter in MLflow's search grammar, or empty; versions of prompts are found only when it asks for
    /// them
    public Page<ModelVersion> search(String filter, List<String> orderBy, int maxResults, Optional<String> pageToken) {
        ModelVersionSearch search = new ModelVersionSearch(workspace(), filter, orderBy);
        return db.read(sql -> {
            Page<ModelVersion> found = search.page(sql, maxResults, pageToken);
            return new Page<>(versions.withTags(sql, workspace(), found.items()), found.nextToken());
        });
    }

    private Map<String, Object> told(Sql sql, String model, Map<String, ?> what) {
        return RegisteredModel.told(models.isPrompt(sql, workspace(), model), what);
    }

    private RegisteredModel requireModel(Sql sql, String model) {
        return models.find(sql, workspace(), model).orElseThrow(() -> RegistryNames.unknownModel(model));
    }

    private ModelVersion require(Sql sql, String model, long number) {
        return versions.find(sql, workspace(), model, number)
                .orElseThrow(() -> RegistryNames.unknownVersion(model, number));
    }

    /// The version, its model's row written.
    private ModelVersion claim(Sql sql, String model, long number) {
        if (!models.claim(sql, workspace(), model)) throw RegistryNames.unknownVersion(model, number);
        return require(sql, model, number);
    }

    private ModelVersion withAliases(Sql sql, ModelVersion version) {
        return withAliases(sql, version.model(), List.of(version)).getFirst();
    }

    private List<ModelVersion> withAliases(Sql sql, String model, List<ModelVersion> found) {
        Map<Long, List<String>> aliases = models.aliasesByVersion(sql, workspace(), model);
        return found.stream()
                .map(v -> v.with(v.tags(), aliases.getOrDefault(v.number(), List.of())))
                .toList();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static String workspace() {
        return RegistryService.workspace();
    }
}
