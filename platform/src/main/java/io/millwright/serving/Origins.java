package io.millwright.serving;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.registry.ModelVersion;
import io.millwright.registry.VersionService;
import io.millwright.tracking.DatasetInput;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunService;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What made a version of a model: its run, the code, the data and the environment, as far as whoever asks may read
/// them.
final class Origins {
    private final VersionService versions;
    private final RunService runs;

    Origins(VersionService versions, RunService runs) {
        this.versions = versions;
        this.runs = runs;
    }

    /// Writes what is known; nothing of what was deleted since, or may not be read.
    void write(String model, String number, ObjectNode to) {
        Optional<ModelVersion> version = known(() -> versions.get(model, number));
        if (version.isEmpty()) return;
        to.put("source", version.get().source());
        // requirements.txt, python_env.yaml and conda.yaml lie in the version's folder.
        to.put("environment", version.get().location());
        String id = version.get().run();
        if (id.isEmpty()) return;
        to.put("run", id);
        known(() -> runs.get(id)).ifPresent(run -> write(run, to));
    }

    private static void write(Run run, ObjectNode to) {
        ObjectNode code = to.putObject("code");
        put(run, "mlflow.source.name", code, "name");
        put(run, "mlflow.source.git.commit", code, "commit");
        put(run, "mlflow.source.git.repoURL", code, "repository");
        put(run, "mlflow.user", code, "user");
        ArrayNode data = to.putArray("data");
        for (DatasetInput input : run.datasets()) {
            data.addObject()
                    .put("name", input.name())
                    .put("digest", input.digest())
                    .put("source", input.source());
        }
    }

    private static void put(Run run, String tag, ObjectNode to, String name) {
        String value = run.tags().get(tag);
        if (value != null) to.put(name, value);
    }

    private interface Question<T> {
        T ask();
    }

    private static <T> Optional<T> known(Question<T> question) {
        try {
            return Optional.of(question.ask());
        } catch (Failure e) {
            if (e.code() == ErrorCode.NOT_FOUND || e.code() == ErrorCode.PERMISSION_DENIED) return Optional.empty();
            throw e;
        }
    }
}
