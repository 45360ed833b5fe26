package io.millwright.registry;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.kernel.Failure;
import io.millwright.kernel.Names;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import io.millwright.tracking.TrackingSlice;
import io.millwright.tracking.imports.ImportCounts;
import io.millwright.tracking.imports.ImportCounts.Of;
import io.millwright.tracking.imports.ImportNotes;
import io.millwright.tracking.imports.SourceModel;
import io.millwright.tracking.imports.SourceRegistry;
import io.millwright.tracking.imports.SourceVersion;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Takes registered models, versions, stages, tags and aliases from an MLflow installation, with their names and
/// numbers, after its runs and logged models.
///
/// It may be repeated: what is here stays, and of two changes to one version the later one counts. A model of the same
/// name takes the versions that it lacks; a number that stands for something else here is left alone and told.
public final class RegistryImport {
    /// The run or logged model whose folder of artifacts a place lies in, and where in it.
    private static final Pattern OWNED =
            Pattern.compile("(?:.*/)?(?<owner>(?:m-)?[0-9a-f]{32})/artifacts(?<rest>/.*)?", Pattern.DOTALL);

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final TrackingSlice tracking;
    private final RegistryStore models = new RegistryStore();
    private final VersionStore versions = new VersionStore();
    private final ImportCounts counts;
    private final ImportNotes notes;

    public RegistryImport(
            Db db, Ledger ledger, Clock clock, TrackingSlice tracking, ImportCounts counts, ImportNotes notes) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.tracking = tracking;
        this.counts = counts;
        this.notes = notes;
    }

    /// @param from for the ledger: the source, without passwords
    /// @throws IOException when the source stopped answering; what is here by then is whole
    public void run(String from, SourceRegistry source) throws IOException {
        source.models(model -> {
            if (!write(from, model)) return;
            source.versions(model, version -> write(from, version));
            writeAliases(model);
        });
    }

    private boolean write(String from, SourceModel model) {
        try {
            RegistryNames.checkModel(model.name());
            boolean isNew = db.tx(sql -> {
                boolean absent = !models.claim(sql, workspace(), model.name());
                if (absent) insert(sql, from, model);
                model.tags().forEach((key, value) -> {
                    RegistryNames.checkTag(key, value);
                    models.setTagIfAbsent(sql, workspace(), model.name(), key, value);
                });
                return absent;
            });
            counts.add(isNew ? Of.REGISTERED_MODELS_NEW : Of.REGISTERED_MODELS_KNOWN, 1);
            return true;
        } catch (Failure e) {
            counts.add(Of.REGISTERED_MODELS_FAILED, 1);
            notes.failed("registered model that could not be imported", model.name() + ": " + e.getMessage());
            return false;
        }
    }

    private void insert(Sql sql, String from, SourceModel model) {
        Instant created = known(model.createdAt(), clock.instant());
        models.insert(sql, workspace(), model.name(), model.description(), created);
        models.touch(sql, workspace(), model.name(), known(model.updatedAt(), created));
        ledger.append(
                sql, "model.imported", RegisteredModel.urn(model.name()), Map.of("source", from, "tags", model.tags()));
    }

    private void write(String from, SourceVersion found) {
        String urn = ModelVersion.urn(found.model(), found.number());
        try {
            ModelVersion version = here(found);
            Of what = db.tx(sql -> write(sql, from, version));
            counts.add(what, 1);
            if (what == Of.MODEL_VERSIONS_FAILED) {
                notes.failed(
                        "model versions whose number stands for something else here", urn + " of " + found.source());
            }
        } catch (Failure | IllegalArgumentException e) {
            counts.add(Of.MODEL_VERSIONS_FAILED, 1);
            notes.failed("model version that could not be imported", urn + ": " + e.getMessage());
        }
    }

    /// @return what is to be counted
    private Of write(Sql sql, String from, ModelVersion version) {
        models.claimVersion(sql, workspace(), version.model(), version.number());
        Optional<ModelVersion> before = versions.find(sql, workspace(), version.model(), version.number());
        if (before.isEmpty()) {
            if (wasDeletedHere(version)) return Of.MODEL_VERSIONS_UNCHANGED;
            versions.insert(sql, workspace(), version, ""); // Nobody here made it.
            ledger.append(
                    sql,
                    "model-version.imported",
                    version.urn(),
                    Map.of("source", version.source(), "run", version.run(), "from", from));
            return Of.MODEL_VERSIONS_NEW;
        }
        ModelVersion old = before.get();
        boolean same =
                old.createdAt().equals(version.createdAt()) && old.source().equals(version.source());
        if (!same) return Of.MODEL_VERSIONS_FAILED;
        version.tags().forEach((key, value) -> {
            if (!old.tags().containsKey(key)) {
                versions.setTag(sql, workspace(), version.model(), version.number(), key, value);
            }
        });
        if (!version.updatedAt().isAfter(old.updatedAt())) return Of.MODEL_VERSIONS_UNCHANGED;
        versions.describe(sql, workspace(), version, version.description(), version.updatedAt());
        versions.setStage(sql, workspace(), version.model(), version.number(), version.stage(), version.updatedAt());
        ledger.append(
                sql,
                "model-version.imported",
                version.urn(),
                Map.of("stage", version.stage().label(), "from", from));
        return Of.MODEL_VERSIONS_UPDATED;
    }

    /// Another import does not undo what somebody did here.
    private boolean wasDeletedHere(ModelVersion version) {
        return ledger.eventsAbout(version.urn()).stream()
                .anyMatch(event -> event.type().equals("model-version.deleted")
                        && event.workspace().equals(workspace()));
    }

    /// The version as it stands here: where its artifacts lie in this server's store, if an import brought them.
    private ModelVersion here(SourceVersion found) {
        Instant created = known(found.createdAt(), Instant.EPOCH);
        found.tags().forEach(RegistryNames::checkVersionTag);
        return new ModelVersion(
                found.model(),
                found.number(),
                found.description(),
                Stage.parse(found.stage().isEmpty() ? Stage.NONE.label() : found.stage()),
                Names.limited("source", VersionSources.LIMIT, place(found.source(), found)),
                Names.limited("storage location", VersionSources.LIMIT, place(found.location(), found)),
                found.run(),
                found.runLink(),
                found.loggedModel(),
                created,
                known(found.updatedAt(), created),
                found.tags(),
                List.of());
    }

    /// What lay in the source's own store lies in this one now; every other place stays as it is.
    private String place(String text, SourceVersion found) {
        SourceUri uri = SourceUri.of(text);
        boolean proxied = uri.scheme().equals("mlflow-artifacts");
        if (!uri.isLocal() && !proxied) return text;
        Matcher owned = OWNED.matcher(uri.path());
        if (!owned.matches()) return kept(text, found, !RegisteredModel.isPrompt(found.tags()));
        Optional<String> root = artifactsOf(owned.group("owner"));
        String rest = owned.group("rest");
        return root.isPresent() ? root.get() + (rest == null ? "" : rest) : kept(text, found, true);
    }

    private String kept(String text, SourceVersion found, boolean lost) {
        if (lost) {
            notes.changed(
                    "model versions whose artifacts lie where this server does not look",
                    ModelVersion.urn(found.model(), found.number()) + ": " + text);
        }
        return text;
    }

    private Optional<String> artifactsOf(String owner) {
        try {
            return Optional.of(
                    owner.startsWith("m-")
                            ? tracking.loggedModels().get(owner, true).artifactUri()
                            : tracking.runs().info(owner).artifactUri());
        } catch (Failure e) {
            if (e.code() == NOT_FOUND || e.code() == INVALID_ARGUMENT) return Optional.empty();
            throw e;
        }
    }

    /// An alias that is here stays: somebody may have moved it since.
    private void writeAliases(SourceModel model) {
        model.aliases().forEach((alias, number) -> {
            try {
                RegistryNames.checkNewAlias(alias);
                boolean set = db.tx(sql -> {
                    models.claim(sql, workspace(), model.name());
                    if (models.aliased(sql, workspace(), model.name(), alias).isPresent()) return false;
                    if (versions.find(sql, workspace(), model.name(), number).isEmpty()) {
                        throw NOT_FOUND.because("there is no version %d", number);
                    }
                    models.setAlias(sql, workspace(), model.name(), alias, number);
                    ledger.append(
                            sql,
                            "model-version.alias-imported",
                            ModelVersion.urn(model.name(), number),
                            Map.of("alias", alias));
                    return true;
                });
                if (set) counts.add(Of.MODEL_ALIASES, 1);
            } catch (Failure e) {
                notes.failed("alias that could not be imported", model.name() + "@" + alias + ": " + e.getMessage());
            }
        });
    }

    /// The epoch stands for what a source does not know.
    private static Instant known(Instant time, Instant otherwise) {
        return time.equals(Instant.EPOCH) ? otherwise : time;
    }

    private static String workspace() {
        return RegistryService.workspace();
    }
}
