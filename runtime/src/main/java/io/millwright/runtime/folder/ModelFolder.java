package io.millwright.runtime.folder;

import io.millwright.runtime.FieldType;
import io.millwright.runtime.format.MalformedModel;
import io.millwright.runtime.format.ModelFile;
import io.millwright.runtime.read.LightGbmReader;
import io.millwright.runtime.read.OnnxReader;
import io.millwright.runtime.read.PmmlReader;
import io.millwright.runtime.read.SparkReader;
import io.millwright.runtime.read.UnreadableModel;
import io.millwright.runtime.read.XgboostReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A model as MLflow saves it. Nothing outside the folder is read: no `..`, no link that leads out.
///
/// Source: mlflow.org/docs/latest/ml/model, "MLflow Models" and "Model signatures".
public final class ModelFolder {
    private static final JsonMapper JSON = new JsonMapper();
    private static final long MOST_YAML = 4 << 20;

    /// Where a MOJO is looked for, in this order.
    private static final List<String> MOJO_NAMES = List.of("model.zip", "mojo.zip");

    private final Path root;
    private final Map<?, ?> description;

    private ModelFolder(Path root, Map<?, ?> description) {
        this.root = root;
        this.description = description;
    }

    /// @throws UnreadableModel when there is no MLmodel file, or it is none
    public static ModelFolder of(Path folder) {
        try {
            Path root = folder.toRealPath();
            Path file = inside(root, "MLmodel");
            if (Files.size(file) > MOST_YAML) throw new UnreadableModel("the MLmodel file is larger than " + MOST_YAML);
            LoaderOptions options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            options.setMaxAliasesForCollections(0);
            Object read = new Yaml(new SafeConstructor(options)).load(Files.readString(file));
            if (read instanceof Map<?, ?> map) return new ModelFolder(root, map);
            throw new UnreadableModel("the MLmodel file holds no fields");
        } catch (YAMLException e) {
            throw new UnreadableModel("the MLmodel file is no YAML: " + firstLine(e.getMessage()), e);
        } catch (IOException e) {
            throw new UnreadableModel("the model's folder has no MLmodel file that can be read", e);
        }
    }

    private static String firstLine(@Nullable String text) {
        return text == null ? "" : text.lines().findFirst().orElse("");
    }

    /// The real path of a file of the folder.
    ///
    /// @throws UnreadableModel when it would lie elsewhere, or is no file
    private static Path inside(Path root, String name) throws IOException {
        Path named = root.resolve(name).normalize();
        if (!named.startsWith(root)) {
            throw new UnreadableModel("the model names the file '%s', which lies outside its folder".formatted(name));
        }
        Path real = named.toRealPath();
        if (!real.startsWith(root)) {
            throw new UnreadableModel("the model's file '%s' is a link that leads out of its folder".formatted(name));
        }
        return real;
    }

    private Path file(String name) {
        try {
            return inside(root, name);
        } catch (IOException e) {
            throw new UnreadableModel(
                    "the model's folder has no '%s', which its MLmodel file names".formatted(name), e);
        }
    }

    public Path root() {
        return root;
    }

    /// What the author declared.
    public Signature signature() {
        Map<?, ?> signature = map(description.get("signature"));
        return new Signature(entries(signature.get("inputs")), entries(signature.get("outputs")));
    }

    /// MLflow's name of the example the model was logged with; empty without one.
    public Optional<String> exampleFile() {
        Map<?, ?> info = map(description.get("saved_input_example_info"));
        return info.get("artifact_path") instanceof String name ? Optional.of(name) : Optional.empty();
    }

    /// The best way to run it: a native reader first.
    public Opened open() {
        Optional<Opened> exported = exported(root);
        if (exported.isPresent()) return exported.get();
        try {
            return openFlavor();
        } catch (UnreadableModel e) {
            if (flavors().containsKey("python_function")) return new Opened.NeedsPython(String.valueOf(e.getMessage()));
            throw e;
        }
    }

    /// The model that an export left in a folder.
    ///
    /// @param folder where [ModelFile#NAME] may lie
    public static Optional<Opened> exported(Path folder) {
        Path file = folder.resolve(ModelFile.NAME);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return Optional.empty();
        try {
            return Optional.of(new Opened.Native(ModelFile.read(Files.readAllBytes(file)), "export"));
        } catch (MalformedModel | IOException e) {
            throw new UnreadableModel("'%s' cannot be read: %s".formatted(ModelFile.NAME, e.getMessage()), e);
        }
    }

    private Opened openFlavor() {
        Map<?, ?> flavors = flavors();
        if (flavors.containsKey("xgboost")) return xgboost(map(flavors.get("xgboost")));
        if (flavors.containsKey("lightgbm")) return lightGbm(map(flavors.get("lightgbm")));
        if (flavors.containsKey("onnx")) return onnx(map(flavors.get("onnx")));
        if (flavors.containsKey("pmml")) return pmml(map(flavors.get("pmml")));
        if (flavors.containsKey("spark")) return spark(map(flavors.get("spark")));
        if (flavors.containsKey("h2o_mojo")) return mojo(map(flavors.get("h2o_mojo")));
        if (flavors.containsKey("h2o")) return h2o();
        if (flavors.containsKey("sklearn")) return new Opened.NeedsExport("sklearn");
        if (flavors.containsKey("python_function")) {
            return new Opened.NeedsPython("no reader knows the flavors " + flavors.keySet());
        }
        throw new UnreadableModel(
                "no reader knows the flavors %s, and there is no python_function".formatted(flavors.keySet()));
    }

    private Opened xgboost(Map<?, ?> flavor) {
        String type = text(flavor, "model_class").orElse("");
        XgboostReader.Use use = type.endsWith("Classifier")
                ? XgboostReader.Use.CLASSIFIER
                : type.endsWith("Booster") ? XgboostReader.Use.BOOSTER : XgboostReader.Use.REGRESSOR;
        Path file = file(text(flavor, "data").orElse("model.ubj"));
        return new Opened.Native(XgboostReader.read(file, use), "XGBoost");
    }

    /// Its interface to scikit-learn is pickled; a booster is text.
    private Opened lightGbm(Map<?, ?> flavor) {
        if (!text(flavor, "model_class").orElse("").endsWith("Booster")) return new Opened.NeedsExport("lightgbm");
        return new Opened.Native(LightGbmReader.read(file(text(flavor, "data").orElse("model.lgb"))), "LightGBM");
    }

    private Opened onnx(Map<?, ?> flavor) {
        Path file = file(text(flavor, "data").orElse("model.onnx"));
        return switch (OnnxReader.read(file)) {
            case OnnxReader.Reading.Mapped(var model) -> new Opened.Native(model, "ONNX");
            case OnnxReader.Reading.Unmapped(var operators) -> new Opened.NeedsOnnxRuntime(file, operators);
        };
    }

    /// MLflow has no such flavor of its own; `data` names the file.
    private Opened pmml(Map<?, ?> flavor) {
        return new Opened.Native(PmmlReader.read(file(text(flavor, "data").orElse("model.pmml"))), "PMML");
    }

    private Opened spark(Map<?, ?> flavor) {
        return new Opened.Native(
                SparkReader.read(file(text(flavor, "model_data").orElse("sparkml"))), "Spark ML");
    }

    /// Our own flavor, which `millwright.h2o` of the SDK writes.
    private Opened mojo(Map<?, ?> flavor) {
        return mojo(file(text(flavor, "data").orElse(MOJO_NAMES.getFirst())));
    }

    private Opened mojo(Path file) {
        return new Opened.NeedsGenmodel(file, flavors().containsKey("python_function"));
    }

    /// MLflow's flavor holds what only an H2O server of the very same version reads; a MOJO may lie beside it.
    private Opened h2o() {
        Optional<Path> beside = mojoBeside();
        if (beside.isPresent()) return mojo(beside.get());
        throw new UnreadableModel(("H2O's binary model is read only by an H2O server of its version, and no MOJO lies"
                        + " beside the MLmodel file (%s, or any other file *.zip if there is only one)")
                .formatted(String.join(", ", MOJO_NAMES)));
    }

    private Optional<Path> mojoBeside() {
        for (String name : MOJO_NAMES) {
            if (Files.isRegularFile(root.resolve(name), LinkOption.NOFOLLOW_LINKS)) return Optional.of(file(name));
        }
        try (Stream<Path> files = Files.list(root)) {
            List<Path> zips = files.filter(each -> each.getFileName().toString().endsWith(".zip"))
                    .filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS))
                    .toList();
            return zips.size() == 1 ? Optional.of(zips.getFirst()) : Optional.empty();
        } catch (IOException e) {
            throw new UnreadableModel("the model's folder cannot be listed", e);
        }
    }

    private Map<?, ?> flavors() {
        return map(description.get("flavors"));
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static Optional<String> text(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    private static List<Signature.Entry> entries(@Nullable Object written) {
        if (!(written instanceof String text)) return List.of();
        List<Signature.Entry> entries = new ArrayList<>();
        try {
            for (JsonNode entry : JSON.readTree(text)) entries.add(entry(entry));
        } catch (JacksonException e) {
            throw new UnreadableModel("the signature of the MLmodel file is no JSON", e);
        }
        return entries;
    }

    private static Signature.Entry entry(JsonNode entry) {
        String name = entry.path("name").asString("");
        boolean required = entry.path("required").asBoolean(true)
                && !entry.path("optional").asBoolean(false);
        JsonNode tensor = entry.path("tensor-spec");
        if (tensor.isObject()) {
            List<Long> shape = new ArrayList<>();
            for (JsonNode extent : tensor.path("shape")) shape.add(extent.asLong());
            String type = tensor.path("dtype").asString("");
            return new Signature.Entry(name, type(type), type, shape, required);
        }
        String type = entry.path("type").asString("");
        return new Signature.Entry(name, type(type), type, List.of(), required);
    }

    private static Optional<FieldType> type(String declared) {
        return switch (declared) {
            case "double", "float64" -> Optional.of(FieldType.FLOAT64);
            case "float", "float32", "float16" -> Optional.of(FieldType.FLOAT32);
            case "long", "int64", "uint32", "uint64" -> Optional.of(FieldType.INT64);
            case "integer", "int32", "int16", "int8", "uint16", "uint8" -> Optional.of(FieldType.INT32);
            case "boolean", "bool" -> Optional.of(FieldType.BOOLEAN);
            case "string", "str", "object" -> Optional.of(FieldType.TEXT);
            default -> Optional.empty();
        };
    }
}
