package io.millwright.serving.predict;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import hex.genmodel.CategoricalEncoding;
import hex.genmodel.IClusteringModel;
import hex.genmodel.MojoModel;
import hex.genmodel.algos.isofor.IsolationForestMojoModel;
import hex.genmodel.algos.rulefit.RuleFitMojoModel;
import hex.genmodel.easy.CategoricalEncoder;
import io.millwright.runtime.Categories;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Output;
import io.millwright.runtime.evaluate.Block;
import io.millwright.runtime.read.UnreadableModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A MOJO computed by H2O's own library, in the caller's thread. Of the algorithms that [MojoFile] lets through none
/// keeps anything between two rows, so threads share the model.
///
/// Columns are read by name, or in the model's order: numbers, and texts where the model has categories. What the
/// policy lets through of unseen categories is missing, as H2O has it. A model with an offset reads its column last.
/// Where the library answers otherwise than H2O's server, for want of what the file does not hold, the row is refused.
public final class MojoPredictor implements Predictor {
    private static final String CALIBRATED = "cal_";

    private final MojoModel model;
    private final List<Source> sources;
    private final boolean offset;
    private final List<Field> inputs;
    private final InputBinding binding;
    private final SpelledLevels levels;
    private final List<Answer> answers;
    private final int scores;
    private final boolean calibrated;
    private final boolean refusesUnseen;
    private final boolean flags;

    /// Where a column goes in the model's row.
    ///
    /// @param encoder of a column of categories; null for one of numbers
    private record Source(Field field, int place, @Nullable CategoricalEncoder encoder) {}

    /// One output.
    ///
    /// @param from where its values begin in what is computed of a row
    /// @param labels the texts that its value numbers; empty when it is the answer itself
    private record Answer(Output output, int width, int from, List<String> labels) {}

    private MojoPredictor(MojoModel model, boolean lacksMeans) {
        this.model = model;
        this.sources = sources(model, !lacksMeans);
        // H2O's server tells unseen levels from missing ones in rules; its library does not.
        this.refusesUnseen = lacksMeans || model instanceof RuleFitMojoModel;
        this.flags = model instanceof IsolationForestMojoModel && model.getPredsSize() == 3;
        this.offset = model.getOffsetName() != null;
        List<Field> fields = new ArrayList<>(sources.stream().map(Source::field).toList());
        if (offset) fields.add(field(model.getOffsetName(), null, false));
        this.inputs = List.copyOf(fields);
        this.binding = new InputBinding(inputs);
        this.levels = new SpelledLevels(inputs);
        this.scores = model instanceof IClusteringModel clusters
                ? 1 + clusters.getNumClusters()
                : model.getPredsSize(model.getModelCategory());
        this.calibrated = model.isClassifier() && model.calibrateClassProbabilities(new double[scores]);
        int named = model.getOutputNames().length;
        if (model.isClassifier() ? named != scores : named > scores) {
            throw new UnreadableModel("the MOJO names %d outputs and computes %d".formatted(named, scores));
        }
        this.answers = answers(model, calibrated);
    }

    /// @throws UnreadableModel when H2O's library does not read it, or has other outputs than are known here
    public static MojoPredictor of(MojoFile file) {
        MojoModel model = file.model();
        try {
            return new MojoPredictor(model, file.lacksMeans());
        } catch (UnreadableModel e) {
            throw e;
        } catch (RuntimeException e) {
            throw new UnreadableModel("the MOJO's columns are not as expected: " + e, e);
        }
    }

    private static List<Source> sources(MojoModel model, boolean missingAllowed) {
        CategoricalEncoding encoding = model.getCategoricalEncoding();
        if (encoding == null) throw new UnreadableModel("the MOJO encodes its categories in a way that is not known");
        // Other encodings make several columns of one, or one of another kind.
        boolean asTheyAre = encoding == CategoricalEncoding.AUTO;
        String[] names = asTheyAre || encoding == CategoricalEncoding.LabelEncoder
                ? model.features()
                : Arrays.copyOf(model.getOrigNames(), model.getOrigNumCols());
        String[][] domains = asTheyAre ? model.getDomainValues() : model.getOrigDomainValues();
        Map<String, Integer> places = encoding.createColumnMapping(model);
        Map<Integer, CategoricalEncoder> encoders = encoding.createCategoricalEncoders(model, places);
        List<Source> sources = new ArrayList<>(names.length);
        for (int i = 0; i < names.length; i++) {
            int place = Optional.ofNullable(places.get(names[i])).orElseThrow();
            sources.add(new Source(field(names[i], domains[i], missingAllowed), place, encoders.get(place)));
        }
        return List.copyOf(sources);
    }

    private static Field field(String name, String @Nullable [] domain, boolean missingAllowed) {
        return new Field(
                name,
                domain == null ? FieldType.FLOAT64 : FieldType.TEXT,
                1,
                missingAllowed,
                "",
                Optional.empty(),
                domain == null ? Optional.empty() : Optional.of(new Categories.Texts(List.of(domain), -1)));
    }

    private static List<Answer> answers(MojoModel model, boolean calibrated) {
        List<Answer> answers = new ArrayList<>();
        String[] names = model.getOutputNames();
        if (model instanceof IClusteringModel clusters) {
            answers.add(number(names[0], FieldType.INT64, 0));
            String distances = ModelKind.DISTANCES;
            answers.add(new Answer(
                    new Output(distances, distances, FieldType.FLOAT64, false),
                    clusters.getNumClusters(),
                    1,
                    List.of()));
            return List.copyOf(answers);
        }
        if (model.isClassifier()) answers.add(label(names[0], classes(model)));
        else answers.add(number(names[0], FieldType.FLOAT64, 0));
        for (int i = 1; i < names.length; i++) answers.add(number(names[i], FieldType.FLOAT64, i));
        for (int i = 1; i < names.length && calibrated; i++) {
            answers.add(number(CALIBRATED + names[i], FieldType.FLOAT64, names.length - 1 + i));
        }
        Set<String> seen = new HashSet<>();
        for (Answer answer : answers) {
            if (!seen.add(answer.output().name())) {
                throw new UnreadableModel("two outputs of the MOJO are called '%s'; name the class otherwise"
                        .formatted(answer.output().name()));
            }
        }
        return List.copyOf(answers);
    }

    private static Answer number(String name, FieldType type, int from) {
        return new Answer(new Output(name, name, type, true), 1, from, List.of());
    }

    /// Classes that are whole numbers are answered as such, as H2O's Python has them in a data frame.
    private static Answer label(String name, List<String> classes) {
        boolean whole = classes.stream().allMatch(each -> each.matches("0|-?[1-9]\\d{0,14}"));
        return new Answer(new Output(name, name, whole ? FieldType.INT64 : FieldType.TEXT, true), 1, 0, classes);
    }

    private static List<String> classes(MojoModel model) {
        String @Nullable [] domain = model.getDomainValues(model.getResponseIdx());
        // A GLM of the family quasibinomial has no names of its classes.
        return domain == null ? List.of("0", "1") : List.of(domain);
    }

    @Override
    public List<Field> inputs() {
        return inputs;
    }

    @Override
    public List<Output> outputs() {
        return answers.stream().map(Answer::output).toList();
    }

    @Override
    public int width(Output output) {
        return answers.stream()
                .filter(answer -> answer.output().equals(output))
                .mapToInt(Answer::width)
                .findFirst()
                .orElse(-1);
    }

    @Override
    public ModelKind kind() {
        return model instanceof IClusteringModel ? ModelKind.CLUSTERING : ModelKind.OTHER;
    }

    @Override
    public Prediction predict(Frame rows, InputPolicy policy) {
        InputBinding.Bound bound = binding.bind(levels.spell(rows), policy);
        List<Block> blocks = new ArrayList<>(inputs.size());
        for (int i = 0; i < inputs.size(); i++) blocks.add(bound.values(i));
        Answered answered = new Answered(rows.rows());
        double[] row = new double[model.nfeatures()];
        double[] values = new double[scores + (calibrated ? scores - 1 : 0)];
        double[] scored = new double[scores];
        for (int i = 0; i < rows.rows(); i++) {
            // A model may change the row it is given.
            Arrays.fill(row, Double.NaN);
            for (int j = 0; j < sources.size(); j++) put(sources.get(j), blocks.get(j), i, row);
            Arrays.fill(scored, 0);
            score(row, offset ? blocks.getLast().numbers()[i] : 0, scored, values, i);
            answered.add(i, values);
        }
        return new Prediction(answered.frame(), bound.warnings());
    }

    private void put(Source source, Block block, int at, double[] row) {
        CategoricalEncoder encoder = source.encoder();
        if (encoder == null) {
            row[source.place()] = block.numbers()[at];
            return;
        }
        @Nullable String level = block.texts()[at];
        if (level != null && encoder.encodeCatValue(level, row)) return;
        if (level != null && refusesUnseen) {
            throw InputWarnings.refused(
                    source.field().name(),
                    at,
                    "'" + level + "' is none of the values the model knows, and it has no rule for others");
        }
        encoder.encodeNA(row);
    }

    private void score(double[] row, double shift, double[] scored, double[] values, int at) {
        try {
            if (model instanceof IClusteringModel clusters) {
                double[] distances = new double[scores - 1];
                values[0] = clusters.distances(row, distances);
                // H2O has their squares.
                for (int i = 0; i < distances.length; i++) values[1 + i] = Math.sqrt(distances[i]);
                return;
            }
            if (offset) model.score0(row, shift, scored);
            else model.score0(row, scored);
            // From the threshold on, as H2O's server has it; its library only beyond.
            if (flags) scored[0] = scored[1] >= model._defaultThreshold ? 1 : 0;
            System.arraycopy(scored, 0, values, 0, scores);
            if (!calibrated) return;
            model.calibrateClassProbabilities(scored);
            System.arraycopy(scored, 1, values, scores, scores - 1);
        } catch (RuntimeException e) {
            throw INVALID_ARGUMENT.because("The model refused row %d: %s.", at, e.getMessage());
        }
    }

    /// The columns of an answer while its rows are computed.
    private final class Answered {
        private final int rows;
        private final double[][] numbers = new double[answers.size()][];
        private final @Nullable String[][] texts = new String[answers.size()][];

        private Answered(int rows) {
            this.rows = rows;
            for (int i = 0; i < answers.size(); i++) {
                boolean text = isText(answers.get(i));
                int size = Math.multiplyExact(rows, answers.get(i).width());
                numbers[i] = new double[text ? 0 : size];
                texts[i] = new String[text ? size : 0];
            }
        }

        private void add(int row, double[] values) {
            for (int i = 0; i < answers.size(); i++) {
                Answer answer = answers.get(i);
                if (answer.labels().isEmpty()) {
                    System.arraycopy(values, answer.from(), numbers[i], row * answer.width(), answer.width());
                    continue;
                }
                String label = answer.labels().get((int) values[answer.from()]);
                if (isText(answer)) texts[i][row] = label;
                else numbers[i][row] = Long.parseLong(label);
            }
        }

        private Frame frame() {
            List<Column> columns = new ArrayList<>(answers.size());
            for (int i = 0; i < answers.size(); i++) {
                Output output = answers.get(i).output();
                int width = answers.get(i).width();
                columns.add(
                        isText(answers.get(i))
                                ? Column.of(output.name(), width, output.column(), texts[i])
                                : Column.of(output.name(), output.type(), width, output.column(), numbers[i]));
            }
            return new Frame(rows, columns, Frame.Form.RECORDS);
        }
    }

    private static boolean isText(Answer answer) {
        return answer.output().type() == FieldType.TEXT;
    }

    @Override
    public void close() {
        // Its memory is the heap's.
    }
}
