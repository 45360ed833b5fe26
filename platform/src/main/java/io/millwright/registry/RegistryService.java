package io.millwright.registry;

import static io.millwright.kernel.ErrorCode.NAME_TAKEN;

import io.millwright.kernel.Failure;
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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Registered models: made, found, described, renamed, tagged, deleted with their versions; and the aliases
/// that stand for one version each.
public final class RegistryService {
    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final RegistryStore models = new RegistryStore();
    private final VersionStore versions = new VersionStore();
    private final ModelMoves moves;
    private final Governor governor;

    RegistryService(Db db, Ledger ledger, Clock clock, ModelMoves moves, Governor governor) {
        this.moves = moves;
        this.governor = governor;
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
    }

    /// @param tags with the prompt's tag, it is a prompt
    public RegisteredModel create(String name, String description, Map<String, String> tags) {
        RegistryNames.checkModel(name);
        RegistryNames.checkTags(tags);
        may(Right.WRITE, name);
        return db.tx(sql -> {
            models.find(sql, workspace(), name).ifPresent(existing -> {
                throw taken(existing, RegisteredModel.isPrompt(tags));
            });
            models.insert(sql, workspace(), name, description, now());
            tags.forEach((key, value) -> models.setTag(sql, workspace(), name, key, value));
            Map<String, Object> what = new LinkedHashMap<>(Map.of("tags", tags));
            if (!description.isEmpty()) what.put("description", description);
            ledger.append(sql, "model.created", RegisteredModel.urn(name), what);
            return require(sql, name);
        });
    }

    public RegisteredModel get(String name) {
        RegistryNames.checkModel(name);
        may(Right.READ, name);
        return db.read(sql -> require(sql, name));
    }

    /// @param description empty for none
    public RegisteredModel describe(String name, String description) {
        RegistryNames.checkModel(name);
        may(Right.WRITE, name);
        return db.tx(sql -> {
            if (!models.describe(sql, workspace(), name, description, now())) throw RegistryNames.unknownModel(name);
            ledger.append(sql, "model.updated", RegisteredModel.urn(name), Map.of("description", description));
            return require(sql, name);
        });
    }

    /// Versions, tags and aliases follow.
    public RegisteredModel rename(String name, String newName) {
        RegistryNames.checkNewModelName(newName);
        RegistryNames.checkModel(name);
        may(Right.WRITE, name);
        may(Right.WRITE, newName);
        return db.tx(sql -> {
            claim(sql, name);
            if (!newName.equals(name) && models.exists(sql, workspace(), newName)) {
                throw NAME_TAKEN.because("Registered Model (name=" + newName + ") already exists.");
            }
            governor.beforeModelIsRenamed(sql, name, newName);
            models.rename(sql, workspace(), name, newName, now());
            versions.touchAll(sql, workspace(), newName, now());
            ledger.append(sql, "model.renamed", RegisteredModel.urn(newName), Map.of("from", name, "to", newName));
            return require(sql, newName);
        });
    }

    /// With all its versions, for good.
    public void delete(String name) {
        RegistryNames.checkModel(name);
        may(Right.MANAGE, name);
        db.tx(sql -> {
            claim(sql, name);
            governor.beforeModelIsDeleted(sql, name);
            models.delete(sql, workspace(), name);
            ledger.append(sql, "model.deleted", RegisteredModel.urn(name), Map.of("name", name));
            return 0;
        });
    }

    public void setTag(String name, String key, String value) {
        RegistryNames.checkModel(name);
        RegistryNames.checkTag(key, value);
        may(Right.WRITE, name);
        db.tx(sql -> {
            claim(sql, name);
            models.setTag(sql, workspace(), name, key, value);
            ledger.append(
                    sql,
                    "model.tag-set",
                    RegisteredModel.urn(name),
                    told(sql, name, Map.of("key", key, "value", value)));
            return 0;
        });
    }

    /// Nothing when it has no such tag.
    public void deleteTag(String name, String key) {
        RegistryNames.checkModel(name);
        Names.key("key", key);
        may(Right.WRITE, name);
        db.tx(sql -> {
            claim(sql, name);
            if (models.deleteTag(sql, workspace(), name, key)) {
                ledger.append(sql, "model.tag-deleted", RegisteredModel.urn(name), told(sql, name, Map.of("key", key)));
            }
            return 0;
        });
    }

    /// Lets an alias stand for a version, whatever it stood for before; a governed one by a promotion, see [Governor].
    ///
    /// @param number as the client wrote it
    public void setAlias(String name, String alias, String number) {
        RegistryNames.checkModel(name);
        RegistryNames.checkNewAlias(alias);
        may(Right.ALIAS, name);
        long version = RegistryNames.number(name, number);
        boolean governed = db.tx(sql -> {
            if (!models.claim(sql, workspace(), name)
                    || versions.find(sql, workspace(), name, version).isEmpty()) {
                throw RegistryNames.unknownVersion(name, version);
            }
            if (governor.governsAlias(sql, name, alias)) return true;
            moves.setAlias(sql, name, alias, version);
            return false;
        });
        if (governed) governor.moveAlias(name, alias, version);
    }

    /// Nothing when there is no such alias.
    public void deleteAlias(String name, String alias) {
        RegistryNames.checkModel(name);
        RegistryNames.checkAlias(alias);
        may(Right.ALIAS, name);
        db.tx(sql -> {
            claim(sql, name);
            models.aliased(sql, workspace(), name, alias).ifPresent(version -> {
                governor.beforeAliasIsDeleted(sql, name, alias);
                models.deleteAlias(sql, workspace(), name, alias);
                ledger.append(
                        sql,
                        "model-version.alias-deleted",
                        ModelVersion.urn(name, version),
                        told(sql, name, Map.of("alias", alias)));
            });
            return 0;
        });
    }

    /// @param filter in MLflow's search grammar, or empty; prompts are found only when it asks for them
    public Page<RegisteredModel> search(
            String filter, List<String> orderBy, int maxResults, Optional<String> pageToken) {
        RegisteredModelSearch search = new RegisteredModelSearch(
                workspace(), filter, orderBy, RequestContext.current().readable("model"));
        return db.read(sql -> {
            Page<RegisteredModel> found = search.page(sql, maxResults, pageToken);
            List<RegisteredModel> whole = models.withTagsAndAliases(sql, workspace(), found.items());
            return new Page<>(withLatest(sql, whole), found.nextToken());
        });
    }

    private Map<String, Object> told(Sql sql, String name, Map<String, ?> what) {
        return RegisteredModel.told(models.isPrompt(sql, workspace(), name), what);
    }

    private RegisteredModel require(Sql sql, String name) {
        RegisteredModel model = models.find(sql, workspace(), name).orElseThrow(() -> RegistryNames.unknownModel(name));
        return withLatest(sql, List.of(model)).getFirst();
    }

    private List<RegisteredModel> withLatest(Sql sql, List<RegisteredModel> found) {
        Map<String, List<ModelVersion>> latest = versions.latest(sql, workspace(), found).stream()
                .filter(ModelVersion::isReadable)
                .collect(Collectors.groupingBy(ModelVersion::model));
        return found.stream()
                .map(m -> new RegisteredModel(
                        m.name(),
                        m.description(),
                        m.createdAt(),
                        m.updatedAt(),
                        m.tags(),
                        m.aliases(),
                        latest.getOrDefault(m.name(), List.of())))
                .toList();
    }

    private void claim(Sql sql, String name) {
        if (!models.claim(sql, workspace(), name)) throw RegistryNames.unknownModel(name);
    }

    private static Failure taken(RegisteredModel existing, boolean asPrompt) {
        String old = existing.isPrompt() ? "Prompt" : "Registered Model";
        String wanted = asPrompt ? "Prompt" : "Registered Model";
        if (old.equals(wanted)) return NAME_TAKEN.because(old + " (name=" + existing.name() + ") already exists.");
        return NAME_TAKEN.because("Tried to create a " + wanted.toLowerCase(Locale.ROOT) + " with name "
                + Names.quote(existing.name()) + ", but the name is already taken by a "
                + old.toLowerCase(Locale.ROOT)
                + ". MLflow does not allow creating a model and a prompt with the same name.");
    }

    /// @throws Failure PERMISSION_DENIED
    static void may(Right right, String model) {
        RequestContext.current().require(right, RegisteredModel.urn(model));
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    static String workspace() {
        return RequestContext.current().workspace();
    }
}
