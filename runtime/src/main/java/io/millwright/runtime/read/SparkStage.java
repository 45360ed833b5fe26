package io.millwright.runtime.read;

import java.util.List;

/// A stage as Spark saved it. A parameter is the one that was set, or its default.
record SparkStage(SparkFolder folder, Document metadata) {
    static SparkStage open(SparkFolder folder) {
        Document metadata = folder.metadata();
        String version = metadata.text("sparkVersion");
        if (version.startsWith("1.") || version.startsWith("2.")) {
            throw new UnreadableModel(
                    "the model was saved by Spark %s, and 3.0 and later are read; load it there and save it again"
                            .formatted(version));
        }
        return new SparkStage(folder, metadata);
    }

    /// A pipeline that Python saved and not Spark, as it does with a pipeline in it.
    private static final String PIPELINE_OF_PYTHON = "pyspark.ml.pipeline.PipelineModel";

    /// The class without its package.
    String type() {
        String name = metadata.text("class");
        if (name.equals(PIPELINE_OF_PYTHON)) return "PipelineModel";
        return name.startsWith("org.apache.spark.ml.") ? name.substring(name.lastIndexOf('.') + 1) : name;
    }

    boolean has(String parameter) {
        return set(parameter) || defaults(parameter);
    }

    boolean set(String parameter) {
        return metadata.at("paramMap").has(parameter);
    }

    private boolean defaults(String parameter) {
        return metadata.has("defaultParamMap") && metadata.at("defaultParamMap").has(parameter);
    }

    private Document parameters(String parameter) {
        return metadata.at(set(parameter) || !defaults(parameter) ? "paramMap" : "defaultParamMap");
    }

    String text(String parameter) {
        return parameters(parameter).text(parameter);
    }

    /// A parameter that names a column; empty when it makes none.
    String column(String parameter) {
        return has(parameter) ? text(parameter) : "";
    }

    double number(String parameter) {
        return parameters(parameter).number(parameter);
    }

    boolean flag(String parameter) {
        return parameters(parameter).flag(parameter);
    }

    double[] numbers(String parameter) {
        return parameters(parameter).numbers(parameter);
    }

    int[] integers(String parameter) {
        return parameters(parameter).integers(parameter);
    }

    List<double[]> numberLists(String parameter) {
        return parameters(parameter).numberLists(parameter);
    }

    List<String> texts(String parameter) {
        return parameters(parameter).texts(parameter);
    }

    /// Names of the columns it reads: some stages read one or several.
    List<String> inputs() {
        return set("inputCols") ? texts("inputCols") : List.of(text("inputCol"));
    }

    List<String> outputs() {
        List<String> outputs = set("inputCols") ? texts("outputCols") : List.of(text("outputCol"));
        if (outputs.size() != inputs().size()) {
            throw new UnreadableModel(
                    "%s reads %d columns and makes %d".formatted(type(), inputs().size(), outputs.size()));
        }
        return outputs;
    }

    /// What it does with a value it cannot use.
    boolean keepsInvalid() {
        return switch (text("handleInvalid")) {
            case "keep" -> true;
            case "error" -> false;
            default ->
                throw new UnreadableModel(
                        "%s has handleInvalid '%s', which drops rows, and each row that is served has an answer; set it to 'keep' or 'error'"
                                .formatted(type(), text("handleInvalid")));
        };
    }

    UnreadableModel refused(String what) {
        return new UnreadableModel("%s %s; serve it in a Python worker".formatted(type(), what));
    }

    /// Refuses a column that a parameter asks for and no operator makes.
    void refuseColumn(String parameter) {
        if (!column(parameter).isEmpty()) {
            throw refused("makes column '%s' (%s), which is not read".formatted(column(parameter), parameter));
        }
    }
}
