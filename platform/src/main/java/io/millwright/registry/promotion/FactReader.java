package io.millwright.registry.promotion;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.lake.ArtifactContent;
import io.millwright.lake.ArtifactInfo;
import io.millwright.lake.ArtifactService;
import io.millwright.ledger.Db;
import io.millwright.registry.ModelMoves;
import io.millwright.registry.ModelVersion;
import io.millwright.registry.RegisteredModel;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunService;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// Reads what the checks of a promotion judge. It reads files, so never inside a transaction.
final class FactReader {
    private static final int LARGEST_MLMODEL = 4_000_000;
    private static final List<String> ENVIRONMENT_FILES = List.of("requirements.txt", "conda.yaml", "python_env.yaml");

    private final Db db;
    private final ModelMoves moves;
    private final RunService runs;
    private final ArtifactService artifacts;

    FactReader(Db db, ModelMoves moves, RunService runs, ArtifactService artifacts) {
        this.db = db;
        this.moves = moves;
        this.runs = runs;
        this.artifacts = artifacts;
    }

    private record Rows(RegisteredModel model, ModelVersion version, Optional<ModelVersion> holder) {}

    /// Empty when the version is gone.
    Optional<CheckFacts> read(Promotion promotion) {
        Optional<Rows> found = db.read(sql -> moves.model(sql, promotion.model())
                .flatMap(model -> moves.version(sql, promotion.model(), promotion.version())
                        .map(version ->
                                new Rows(model, version, moves.version(sql, promotion.model(), promotion.holder())))));
        return found.map(rows -> new CheckFacts(
                rows.model(),
                rows.version(),
                run(rows.version()),
                rows.holder(),
                rows.holder().flatMap(this::run),
                files(rows.version())));
    }

    private Optional<Run> run(ModelVersion version) {
        return version.run().isEmpty() ? Optional.empty() : ifThere(() -> runs.get(version.run()));
    }

    private CheckFacts.Files files(ModelVersion version) {
        Optional<String> folder = ifThere(() -> moves.folder(version)).flatMap(place -> place);
        if (folder.isEmpty()) return nothing("its artifacts do not lie in this server's own store");
        List<String> environment = ENVIRONMENT_FILES.stream()
                .filter(name -> ifThere(() -> artifacts.find(folder.get() + "/" + name))
                                .flatMap(file -> file)
                                .map(ArtifactInfo::sizeBytes)
                                .orElse(0L)
                        > 0)
                .toList();
        Optional<ArtifactContent> mlmodel = ifThere(() -> artifacts.open(folder.get() + "/MLmodel"));
        if (mlmodel.isEmpty())
            return new CheckFacts.Files(false, Map.of(), environment, Optional.of("it has no MLmodel file"));
        return ofMlmodel(mlmodel.get(), environment);
    }

    private static CheckFacts.Files ofMlmodel(ArtifactContent content, List<String> environment) {
        Map<String, Object> read = new LinkedHashMap<>();
        read.put("file", content.path());
        read.put("size_bytes", content.sizeBytes());
        content.sha256().ifPresent(sha256 -> read.put("sha256", sha256));
        if (content.sizeBytes() > LARGEST_MLMODEL) {
            return new CheckFacts.Files(false, read, environment, Optional.of("its MLmodel file is too large to read"));
        }
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(LARGEST_MLMODEL);
        try (InputStream in = content.stream()) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            boolean signed = new Yaml(new SafeConstructor(options)).load(text) instanceof Map<?, ?> root
                    && root.get("signature") instanceof Map<?, ?> signature
                    && signature.get("inputs") instanceof String inputs
                    && !inputs.isBlank();
            read.put("signature", signed);
            return new CheckFacts.Files(signed, read, environment, Optional.empty());
        } catch (YAMLException e) {
            return new CheckFacts.Files(false, read, environment, Optional.of("its MLmodel file is no YAML"));
        } catch (IOException e) {
            throw ErrorCode.UNAVAILABLE.because("The MLmodel file could not be read now. Ask again later.");
        }
    }

    private static CheckFacts.Files nothing(String why) {
        return new CheckFacts.Files(false, Map.of(), List.of(), Optional.of(why));
    }

    /// What somebody deleted, or a client named wrongly, is not there; anything else that fails, fails.
    private static <T> Optional<T> ifThere(Supplier<T> question) {
        try {
            return Optional.of(question.get());
        } catch (Failure failure) {
            if (failure.code() == ErrorCode.NOT_FOUND || failure.code() == ErrorCode.INVALID_ARGUMENT)
                return Optional.empty();
            throw failure;
        }
    }
}
