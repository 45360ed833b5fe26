package io.millwright.tracking.imports;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.tracking.DatasetInput;
import io.millwright.tracking.Experiment;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.LoggedModelMetric;
import io.millwright.tracking.LoggedModelStatus;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunInfo;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/// MLflow's file store: a folder `mlruns` with one folder for each experiment and in it one for each run.
///
/// Links are never followed, so that nothing outside the folder is read as if it had been logged.
public final class FolderSource implements MlflowSource {
    private static final String TRASH = ".trash";
    /// Folders of an experiment that are no runs.
    private static final Set<String> NO_RUNS = Set.of("tags", "datasets", "traces", "models");
    private static final int LONGEST_VALUE = 1_000_000;

    private final Path root;
    private final LocalArtifacts artifacts;
    private final ImportNotes notes;

    private FolderSource(Path root, LocalArtifacts artifacts, ImportNotes notes) {
        this.root = root;
        this.artifacts = artifacts;
        this.notes = notes;
    }

    /// @param artifactRoots where the operator says artifacts lie; may be empty
    public static FolderSource open(Path folder, List<Path> artifactRoots, ImportNotes notes) throws IOException {
        Path root = folder.toRealPath();
        Path parent = root.getParent() == null ? root : root.getParent();
        FolderSource source = new FolderSource(root, new LocalArtifacts(parent, artifactRoots, notes), notes);
        if (source.experimentFolders().isEmpty()) {
            throw INVALID_ARGUMENT.because(
                    "%s holds no MLflow experiment: expected folders such as 0 with a meta.yaml in them. Give the folder"
                            + " that MLflow calls mlruns.",
                    root);
        }
        return source;
    }

    @Override
    public String identity() {
        return "folder:" + root;
    }

    @Override
    public List<Experiment> experiments() throws IOException {
        List<Experiment> found = new ArrayList<>();
        for (Path folder : experimentFolders()) {
            try {
                found.add(experiment(folder));
            } catch (IOException e) {
                notes.failed("experiment that cannot be read", e.toString());
            }
        }
        return found;
    }

    private List<Path> experimentFolders() throws IOException {
        List<Path> folders = new ArrayList<>();
        for (Path folder : folders(root)) {
            // Beside the experiments lie the trash and the registry's folder "models".
            if (YamlFile.isIn(folder)) folders.add(folder);
        }
        for (Path folder : folders(root.resolve(TRASH))) {
            if (YamlFile.isIn(folder)) folders.add(folder);
        }
        return folders;
    }

    private Experiment experiment(Path folder) throws IOException {
        YamlFile meta = YamlFile.in(folder);
        Instant updated = time(meta.number("last_update_time"));
        return new Experiment(
                SourceIds.experiment(name(folder)),
                "",
                meta.required("name"),
                ArtifactUri.keptLocation(meta.textOrEmpty("artifact_location")),
                isInTrash(folder) || meta.textOrEmpty("lifecycle_stage").equals("deleted"),
                time(meta.number("creation_time")),
                updated,
                texts(folder.resolve("tags")));
    }

    private static Instant time(OptionalLong millis) {
        return Instant.ofEpochMilli(millis.orElse(0));
    }

    private boolean isInTrash(Path experiment) {
        return experiment.startsWith(root.resolve(TRASH));
    }

    private Path folderOf(long experiment) {
        Path active = root.resolve(String.valueOf(experiment));
        return YamlFile.isIn(active) ? active : root.resolve(TRASH).resolve(String.valueOf(experiment));
    }

    @Override
    public OptionalLong runCount() throws IOException {
        long runs = 0;
        for (Path experiment : experimentFolders()) {
            runs += folders(experiment).stream()
                    .filter(folder -> !NO_RUNS.contains(name(folder)))
                    .count();
        }
        return OptionalLong.of(runs);
    }

    @Override
    public void runs(Experiment experiment, Visitor<SourceRun> visitor) throws IOException {
        Path parent = folderOf(experiment.id());
        try (DirectoryStream<Path> children = Files.newDirectoryStream(parent)) {
            for (Path folder : children) {
                if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) || NO_RUNS.contains(name(folder))) continue;
                SourceRun run;
                try {
                    run = run(parent, folder, experiment.id());
                } catch (IOException e) {
                    notes.failed("run that cannot be read", e.toString());
                    continue;
                }
                visitor.visit(run);
            }
        }
    }

    private SourceRun run(Path experimentFolder, Path folder, long experiment) throws IOException {
        YamlFile meta = YamlFile.in(folder);
        String id = SourceIds.run(meta.text("run_id") == null ? meta.required("run_uuid") : meta.required("run_id"));
        if (!id.equals(name(folder))) throw new IOException("%s says it is run %s".formatted(folder, id));
        Map<String, String> tags = texts(folder.resolve("tags"));
        new OldFields(tags, id, notes)
                .sourceType(meta.text("source_type"))
                .sourceName(meta.text("source_name"))
                .sourceVersion(meta.text("source_version"))
                .entryPoint(meta.text("entry_point_name"));
        // Versions before 1.30 called the field "name", or had the tag only.
        String name = meta.text("run_name") == null ? meta.textOrEmpty("name") : meta.textOrEmpty("run_name");
        RunInfo info = new RunInfo(
                0,
                id,
                experiment,
                name.isEmpty() ? tags.getOrDefault("mlflow.runName", "") : name,
                meta.textOrEmpty("user_id"),
                SourceIds.status(meta.required("status")),
                meta.number("start_time").orElse(0),
                meta.number("end_time"),
                meta.textOrEmpty("lifecycle_stage").equals("deleted"),
                meta.textOrEmpty("artifact_uri"));
        List<DatasetInput> datasets = new ArrayList<>();
        List<String> modelInputs = new ArrayList<>();
        for (Path input : folders(folder.resolve("inputs"))) {
            YamlFile link = YamlFile.in(input);
            switch (link.textOrEmpty("source_type")) {
                case "DATASET" -> datasets.add(dataset(experimentFolder, link));
                case "MODEL", "RUN_INPUT" -> modelInputs.add(link.required("destination_id"));
                default -> notes.leftOut("input of a run that is neither dataset nor model", input.toString());
            }
        }
        List<Run.ModelOutput> outputs = new ArrayList<>();
        for (Path output : folders(folder.resolve("outputs"))) {
            YamlFile link = YamlFile.in(output);
            outputs.add(new Run.ModelOutput(
                    link.required("destination_id"), link.number("step").orElse(0)));
        }
        Map<String, String> params = texts(folder.resolve("params"));
        Run run = new Run(info, List.of(), params, tags, datasets, modelInputs, outputs);
        return new SourceRun(run, historyStamp(folder));
    }

    private static DatasetInput dataset(Path experimentFolder, YamlFile link) throws IOException {
        String id = link.required("source_id");
        YamlFile meta = YamlFile.in(experimentFolder.resolve("datasets").resolve(SourceIds.fileName(id)));
        return new DatasetInput(
                meta.textOrEmpty("name"),
                meta.textOrEmpty("digest"),
                meta.textOrEmpty("source_type"),
                meta.textOrEmpty("source"),
                meta.text("schema"),
                meta.text("profile"),
                link.texts("tags"));
    }

    /// A metric's file only grows, so its size tells whether points came.
    private static String historyStamp(Path run) throws IOException {
        StringBuilder stamp = new StringBuilder();
        for (var file : files(run.resolve("metrics")).entrySet()) {
            stamp.append(file.getKey())
                    .append(':')
                    .append(Files.size(file.getValue()))
                    .append('\n');
        }
        return stamp.toString();
    }

    @Override
    public void history(SourceRun run, Consumer<MetricPoint> sink) throws IOException {
        Path folder = folderOf(run.run().info().experiment()).resolve(run.id()).resolve("metrics");
        for (var file : files(folder).entrySet()) {
            try (var lines = Files.newBufferedReader(file.getValue())) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.isBlank()) continue;
                    MetricLine parsed = MetricLine.parse(line, false);
                    if (parsed == null)
                        notes.leftOut(
                                "line of a metric that cannot be read",
                                file.getValue().toString());
                    else sink.accept(parsed.point(file.getKey()));
                }
            }
        }
    }

    @Override
    public void loggedModels(Experiment experiment, Visitor<LoggedModel> visitor) throws IOException {
        for (Path folder : folders(folderOf(experiment.id()).resolve("models"))) {
            LoggedModel model;
            try {
                model = loggedModel(folder, experiment.id());
            } catch (IOException e) {
                notes.failed("logged model that cannot be read", e.toString());
                continue;
            }
            visitor.visit(model);
        }
    }

    private LoggedModel loggedModel(Path folder, long experiment) throws IOException {
        YamlFile meta = YamlFile.in(folder);
        String id = SourceIds.loggedModel(meta.required("model_id"));
        if (!id.equals(name(folder))) throw new IOException("%s says it is logged model %s".formatted(folder, id));
        List<LoggedModelMetric> metrics = new ArrayList<>();
        for (var file : files(folder.resolve("metrics")).entrySet()) {
            for (String line : Files.readAllLines(file.getValue())) {
                MetricLine parsed = MetricLine.parse(line, true);
                if (parsed == null)
                    notes.leftOut(
                            "line of a metric that cannot be read",
                            file.getValue().toString());
                else metrics.add(parsed.modelMetric(id, file.getKey()));
            }
        }
        LoggedModelStatus status = SourceIds.modelStatus(meta.textOrEmpty("status"));
        return new LoggedModel(
                id,
                experiment,
                meta.textOrEmpty("name"),
                meta.text("model_type"),
                meta.text("source_run_id"),
                status,
                meta.text("status_message"),
                meta.textOrEmpty("artifact_location"),
                time(meta.number("creation_timestamp")),
                time(meta.number("last_updated_timestamp")),
                meta.textOrEmpty("lifecycle_stage").equals("deleted"),
                texts(folder.resolve("tags")),
                texts(folder.resolve("params")),
                metrics);
    }

    @Override
    public SourceArtifacts artifacts(SourceRun run) throws IOException {
        Path folder = folderOf(run.run().info().experiment()).resolve(run.id());
        return artifacts.find(run.id(), run.run().info().artifactUri(), folder.resolve("artifacts"));
    }

    @Override
    public SourceArtifacts artifacts(LoggedModel model) throws IOException {
        Path folder = folderOf(model.experiment()).resolve("models").resolve(model.id());
        return artifacts.find(model.id(), model.artifactUri(), folder.resolve("artifacts"));
    }

    @Override
    public void noteLeftOut(List<Experiment> experiments) throws IOException {
        for (Experiment experiment : experiments) {
            notes.leftOut(
                    LeftOut.TRACES,
                    folders(folderOf(experiment.id()).resolve("traces")).size());
        }
    }

    @Override
    public SourceRegistry registry() {
        return new FolderRegistry(this, root.resolve("models"), notes);
    }

    @Override
    public void close() {}

    /// The texts of all files under a folder; a file's path is its key.
    Map<String, String> texts(Path folder) throws IOException {
        Map<String, String> texts = new TreeMap<>();
        for (var file : files(folder).entrySet()) {
            try (InputStream in = Files.newInputStream(file.getValue(), LinkOption.NOFOLLOW_LINKS)) {
                byte[] bytes = in.readNBytes(LONGEST_VALUE);
                if (in.read() >= 0)
                    notes.changed(
                            "param or tag cut to 1,000,000 bytes",
                            file.getValue().toString());
                texts.put(file.getKey(), new String(bytes, StandardCharsets.UTF_8));
            }
        }
        return texts;
    }

    /// All plain files under a folder by their relative path with slashes; none when the folder is missing.
    private static Map<String, Path> files(Path folder) throws IOException {
        Map<String, Path> files = new TreeMap<>();
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) return files;
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile()) files.put(FileNames.below(folder, file), file);
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }

    /// The folders in a folder, no links; none when it is missing.
    static List<Path> folders(Path parent) throws IOException {
        List<Path> folders = new ArrayList<>();
        if (!Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) return folders;
        try (DirectoryStream<Path> children = Files.newDirectoryStream(parent)) {
            for (Path child : children) {
                if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) folders.add(child);
            }
        }
        folders.sort(null);
        return folders;
    }

    static String name(Path path) {
        return String.valueOf(path.getFileName());
    }
}
