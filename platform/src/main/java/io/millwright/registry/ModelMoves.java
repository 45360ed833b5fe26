package io.millwright.registry;

import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import io.millwright.tracking.ArtifactLocations;
import io.millwright.tracking.RunService;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Moves aliases, stages and tags in the caller's transaction, each with its event, and reads what such a move depends
/// on. It asks nobody whether the move may be made; whoever calls it [claims][#claim] the model first.
public final class ModelMoves {
    private final Ledger ledger;
    private final Clock clock;
    private final RunService runs;
    private final RegistryStore models = new RegistryStore();
    private final VersionStore versions = new VersionStore();

    public ModelMoves(Ledger ledger, Clock clock, RunService runs) {
        this.ledger = ledger;
        this.clock = clock;
        this.runs = runs;
    }

    /// Writes the model's row and changes nothing, so that of two that race the second sees what the first left.
    ///
    /// @return false when there is no such model
    public boolean claim(Sql sql, String model) {
        return models.claim(sql, workspace(), model);
    }

    /// Without the newest versions.
    public Optional<RegisteredModel> model(Sql sql, String name) {
        return models.find(sql, workspace(), name);
    }

    /// Without aliases.
    public Optional<ModelVersion> version(Sql sql, String model, long number) {
        return versions.find(sql, workspace(), model, number);
    }

    /// Who made the version; empty when that was never kept.
    public String author(Sql sql, String model, long number) {
        return versions.author(sql, workspace(), model, number)
                .orElseGet(() -> ledger.eventsAbout(ModelVersion.urn(model, number)).stream()
                        .filter(e ->
                                e.workspace().equals(workspace()) && e.type().equals("model-version.created"))
                        .map(Event::actor)
                        .reduce((first, last) -> last)
                        .orElse(""));
    }

    public OptionalLong aliased(Sql sql, String model, String alias) {
        return models.aliased(sql, workspace(), model, alias);
    }

    public void setAlias(Sql sql, String model, String alias, long version) {
        OptionalLong before = models.aliased(sql, workspace(), model, alias);
        models.setAlias(sql, workspace(), model, alias, version);
        Map<String, Object> what = new LinkedHashMap<>(Map.of("alias", alias));
        before.ifPresent(from -> what.put("from", from));
        ledger.append(sql, "model-version.alias-set", ModelVersion.urn(model, version), told(sql, model, what));
    }

    public void setStage(Sql sql, String model, long number, Stage from, Stage to) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        versions.setStage(sql, workspace(), model, number, to, now);
        ledger.append(
                sql,
                "model-version.stage-set",
                ModelVersion.urn(model, number),
                Map.of("from", from.label(), "to", to.label()));
    }

    public void setTag(Sql sql, String model, long number, String key, String value) {
        versions.setTag(sql, workspace(), model, number, key, value);
        ledger.append(
                sql,
                "model-version.tag-set",
                ModelVersion.urn(model, number),
                told(sql, model, Map.of("key", key, "value", value)));
    }

    private Map<String, Object> told(Sql sql, String model, Map<String, ?> what) {
        return RegisteredModel.told(models.isPrompt(sql, workspace(), model), what);
    }

    /// Where the version's artifacts lie in this server's own store; empty when they lie elsewhere.
    public Optional<String> folder(ModelVersion version) {
        return ArtifactLocations.ownPath(VersionSources.followed(runs, version.location()));
    }

    private static String workspace() {
        return RegistryService.workspace();
    }
}
