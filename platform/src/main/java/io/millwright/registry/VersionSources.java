package io.millwright.registry;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Names;
import io.millwright.ledger.Sql;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.LoggedModelService;
import io.millwright.tracking.RunService;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Decides where the artifacts of a new version may lie. A client must not make this server, or whoever loads the
/// version later, read what is not that client's to give: a file of the server, another run's artifacts, a path that
/// climbs out of its place.
final class VersionSources {
    /// Bounds the work of undoing escapes within escapes.
    static final int LIMIT = 2048;
    /// It stands in an index.
    private static final int RUN_LIMIT = 256;
    /// What MLflow's clients send for a prompt, which has no artifacts.
    private static final Set<String> PROMPT_PLACEHOLDERS = Set.of("dummy-source", "prompt-template");

    private final RunService runs;
    private final LoggedModelService loggedModels;
    private final VersionService versions;

    VersionSources(RunService runs, LoggedModelService loggedModels, VersionService versions) {
        this.runs = runs;
        this.loggedModels = loggedModels;
        this.versions = versions;
    }

    /// Where a version comes from, all said.
    record Origin(
            String source,
            String location,
            String run,
            @Nullable String loggedModel) {}

    /// @throws Failure INVALID_ARGUMENT when its source is none it may have, NOT_FOUND when it is a copy of nothing
    Origin resolve(Sql sql, NewModelVersion request) {
        String text = Names.limited("source", LIMIT, request.source());
        String run = Names.limited("run_id", RUN_LIMIT, orEmpty(request.run()));
        String loggedModel = orEmpty(request.loggedModel());
        if (RegisteredModel.isPrompt(request.tags())) {
            if (!PROMPT_PLACEHOLDERS.contains(text)) {
                throw INVALID_ARGUMENT.because(
                        "Invalid prompt source: '" + text + "'. Prompt sources must use an MLflow placeholder.");
            }
            return new Origin(text, text, run, null);
        }
        SourceUri source = SourceUri.of(text);
        if (source.namesHost()) requireOwner(source, run, loggedModel);
        if (source.scheme().equals("models") && source.authority().isEmpty()) {
            ModelUri named = ModelUri.of(source).orElseThrow(() -> notContained(text, "model_id"));
            if (!(named instanceof ModelUri.OfLoggedModel)) return copy(sql, request, named);
        } else if (source.scheme().equals("models")) {
            throw invalid(text, "Registered model sources must use the active model registry.");
        }
        return loggedModel.isEmpty() ? ofRun(source, run) : ofLoggedModel(source, run, loggedModel);
    }

    /// What lies at a host that the source chooses is taken only where a run or a logged model has its artifacts there.
    private void requireOwner(SourceUri source, String run, String loggedModel) {
        String root = "";
        if (!loggedModel.isEmpty()) root = artifactsOfLoggedModel(loggedModel, source.text());
        else if (!run.isEmpty()) root = artifactsOfRun(run, source.text());
        if (source.isWithin(SourceUri.of(root))) return;
        throw INVALID_ARGUMENT.because("'source' cannot use the '" + source.scheme() + "' scheme: the '"
                + source.scheme()
                + "' scheme addresses a host other than the tracking server's configured artifact storage, so the"
                + " server would connect to the host named in the URI. Give the run_id or model_id whose artifacts"
                + " lie there.");
    }

    /// A version of another name, or of the same: it lies where the first lies.
    private Origin copy(Sql sql, NewModelVersion request, ModelUri named) {
        ModelVersion original = versions.named(sql, named, request.source());
        boolean otherRun = request.run() != null && !request.run().equals(original.run());
        boolean otherModel =
                request.loggedModel() != null && !request.loggedModel().equals(orEmpty(original.loggedModel()));
        if (otherRun || otherModel) {
            throw invalid(
                    request.source(),
                    "The run_id and model_id request parameters must match the referenced model version.");
        }
        return new Origin(
                "models:/" + original.model() + "/" + original.number(),
                original.location(),
                original.run(),
                original.loggedModel());
    }

    private Origin ofRun(SourceUri source, String run) {
        String text = source.text();
        if (source.isLocal()) {
            if (!run.isEmpty()) artifactsOfRun(run, text);
            throw local(text, "run_id");
        }
        requirePlain(source);
        boolean contained = switch (source.scheme()) {
            case "runs" -> source.authority().isEmpty() && !run.isEmpty() && run.equals(runIn(source));
            case "models" -> throw notContained(text, "model_id");
            default ->
                !source.isProxied() || !run.isEmpty() && source.isWithin(SourceUri.of(artifactsOfRun(run, text)));
        };
        if (!contained) throw notContained(text, "run_id");
        return new Origin(text, text, run, null);
    }

    private Origin ofLoggedModel(SourceUri source, String run, String id) {
        String text = source.text();
        if (source.isLocal()) {
            artifactsOfLoggedModel(id, text);
            throw local(text, "model_id");
        }
        requirePlain(source);
        boolean contained = switch (source.scheme()) {
            case "runs" -> false;
            case "models" -> source.path().equals("/" + id);
            default -> !source.isProxied() || source.isWithin(SourceUri.of(artifactsOfLoggedModel(id, text)));
        };
        if (!contained) throw notContained(text, "model_id");
        LoggedModel model = loggedModels.get(id, false);
        String location = source.scheme().equals("models") ? model.artifactUri() : text;
        return new Origin(text, location, run.isEmpty() ? orEmpty(model.sourceRun()) : run, id);
    }

    /// A location that names its run becomes the place of that run's artifacts.
    String followed(String location) {
        return followed(runs, location);
    }

    static String followed(RunService runs, String location) {
        SourceUri uri = SourceUri.of(location);
        if (!uri.scheme().equals("runs")) return location;
        String run = runIn(uri);
        return runs.info(run).artifactUri() + uri.path().substring(1 + run.length());
    }

    private static void requirePlain(SourceUri source) {
        if (!source.isPlain()) {
            throw invalid(
                    source.text(),
                    "If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri,"
                            + " an absolute path must be provided without relative path references present."
                            + " Please provide an absolute path.");
        }
    }

    private static String runIn(SourceUri source) {
        int end = source.path().indexOf('/', 1);
        return source.path().substring(1, end < 0 ? source.path().length() : end);
    }

    private String artifactsOfRun(String run, String source) {
        return found(() -> runs.info(run), source, "run_id").artifactUri();
    }

    private String artifactsOfLoggedModel(String id, String source) {
        return found(() -> loggedModels.get(id, false), source, "model_id").artifactUri();
    }

    /// What is not there contains nothing.
    private static <T> T found(Supplier<T> question, String source, String parameter) {
        try {
            return question.get();
        } catch (Failure failure) {
            if (failure.code() == ErrorCode.NOT_FOUND) throw notContained(source, parameter);
            throw failure;
        }
    }

    private static Failure local(String source, String parameter) {
        return invalid(
                source,
                "To use a local path as a model version source, the " + parameter
                        + " request parameter has to be specified and the local path has to be contained within the"
                        + " artifact directory of the run specified by the " + parameter + ".");
    }

    private static Failure notContained(String source, String parameter) {
        return invalid(
                source, "The " + parameter + " request parameter must identify the resource that contains the source.");
    }

    static Failure invalid(String source, String why) {
        return INVALID_ARGUMENT.because("Invalid model version source: '" + source + "'. " + why);
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
