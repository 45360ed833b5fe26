package io.millwright.serving.predict;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Failure;
import io.millwright.runtime.Categories;
import io.millwright.runtime.Field;
import io.millwright.runtime.evaluate.Batch;
import io.millwright.runtime.evaluate.Block;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Puts the columns of a request where a model reads them, and says what does not fit, by column and
/// row.
///
/// A request names its columns as the model does; or it names none, and sends as many as the model
/// reads, in their order; or it sends one tensor whose columns are the model's in their order; or it
/// sends as many columns, of whatever names, as the model's only tensor is wide.
final class InputBinding {
    private final List<Field> fields;
    private final List<Set<String>> known;

    InputBinding(List<Field> fields) {
        this.fields = List.copyOf(fields);
        this.known = fields.stream().map(InputBinding::texts).toList();
    }

    private static Set<String> texts(Field field) {
        return field.categories().orElse(null) instanceof Categories.Texts texts
                ? Set.copyOf(texts.values())
                : Set.of();
    }

    /// Where a field's values are in a request.
    ///
    /// @param first the place of its first value in a row of the column
    /// @param columns of how many columns, one after the other, it is made: 1 unless a tensor is put
    /// together; none when all its values are missing
    record Source(List<Column> columns, int first) {}

    private static final Source MISSING = new Source(List.of(), 0);

    /// A request whose columns have found their fields.
    final class Bound {
        private final Frame frame;
        private final List<Source> sources;
        private final InputWarnings warnings;

        private Bound(Frame frame, List<Source> sources, InputWarnings warnings) {
            this.frame = frame;
            this.sources = sources;
            this.warnings = warnings;
        }

        /// Fills a batch with rows of the request.
        void fill(Batch batch, int start, int count) {
            for (int i = 0; i < fields.size(); i++) {
                new Filling(fields.get(i), known.get(i), warnings, batch.input(i), start, count).put(sources.get(i));
            }
        }

        /// What was let through so far.
        List<InputWarning> warnings() {
            return warnings.list();
        }

        /// All rows of one field.
        Block values(int field) {
            Block block = new Block(fields.get(field).shape(), frame.rows());
            new Filling(fields.get(field), known.get(field), warnings, block, 0, frame.rows()).put(sources.get(field));
            return block;
        }

        int rows() {
            return frame.rows();
        }
    }

    /// @throws Failure INVALID_ARGUMENT when columns are missing or too many and the policy does not let
    /// that through, or not as wide as the model reads them
    Bound bind(Frame frame, InputPolicy policy) {
        if (frame.columns().isEmpty())
            throw INVALID_ARGUMENT.because("The request has no columns; the model reads %s.", names());
        InputWarnings warnings = new InputWarnings(policy);
        List<Source> sources = frame.named() ? byName(frame, warnings) : List.of();
        if (sources.isEmpty()) sources = byPlace(frame);
        return new Bound(frame, sources, warnings);
    }

    private List<Source> byName(Frame frame, InputWarnings warnings) {
        List<Source> sources = new ArrayList<>(fields.size());
        List<Field> missing = new ArrayList<>();
        for (Field field : fields) {
            Optional<Column> column = frame.column(field.name());
            if (column.isEmpty()) {
                missing.add(field);
                sources.add(MISSING);
            } else {
                sources.add(new Source(List.of(checked(field, column.get())), 0));
            }
        }
        if (missing.size() == fields.size()) return List.of();
        List<String> lacking = missing.stream()
                .filter(field -> !field.missingAllowed()
                        || warnings.refuses(InputPolicy.Problem.MISSING_COLUMN, field.name(), -1))
                .map(Field::name)
                .toList();
        if (!lacking.isEmpty()) {
            throw INVALID_ARGUMENT.because(
                    "The request lacks the column%s %s; the model reads %s.",
                    lacking.size() == 1 ? "" : "s", some(lacking), names());
        }
        if (frame.columns().size() > fields.size() - missing.size()) refuseExtra(frame, warnings);
        return sources;
    }

    private void refuseExtra(Frame frame, InputWarnings warnings) {
        Set<String> names = fields.stream().map(Field::name).collect(Collectors.toSet());
        List<String> extra = frame.columns().stream()
                .map(Column::name)
                .filter(name -> !names.contains(name))
                .filter(name -> warnings.refuses(InputPolicy.Problem.EXTRA_COLUMN, name, -1))
                .toList();
        if (extra.isEmpty()) return;
        throw INVALID_ARGUMENT.because("The model does not read %s; it reads %s.", some(extra), names());
    }

    private static Column checked(Field field, Column column) {
        if (column.width() != field.width()) {
            throw INVALID_ARGUMENT.because(
                    "Column '%s' has %d values a row, the model reads %d.",
                    column.name(), column.width(), field.width());
        }
        return column;
    }

    private List<Source> byPlace(Frame frame) {
        Column first = frame.columns().getFirst();
        boolean oneTensor = frame.columns().size() == 1;
        if (oneTensor && fields.stream().allMatch(field -> field.width() == 1) && first.width() == fields.size()) {
            List<Source> sources = new ArrayList<>(fields.size());
            for (int i = 0; i < fields.size(); i++) sources.add(new Source(List.of(first), i));
            return sources;
        }
        if (!frame.named() && frame.columns().size() == fields.size() && areAsWide(frame)) {
            return frame.columns().stream()
                    .map(column -> new Source(List.of(column), 0))
                    .toList();
        }
        if (fields.size() == 1) {
            int width = frame.columns().stream().mapToInt(Column::width).sum();
            boolean alike = oneTensor || frame.columns().stream().allMatch(column -> column.width() == 1);
            if (alike && width == fields.getFirst().width()) return List.of(new Source(frame.columns(), 0));
        }
        throw INVALID_ARGUMENT.because("The request has %s, the model reads %s.", widths(frame), names());
    }

    private boolean areAsWide(Frame frame) {
        for (int i = 0; i < fields.size(); i++) {
            if (frame.columns().get(i).width() != fields.get(i).width()) return false;
        }
        return true;
    }

    private static String widths(Frame frame) {
        return frame.columns().stream()
                        .limit(5)
                        .map(column -> "'" + column.name() + "' with " + column.width() + " value"
                                + (column.width() == 1 ? "" : "s") + " a row")
                        .collect(Collectors.joining(", "))
                + (frame.columns().size() > 5 ? " and " + (frame.columns().size() - 5) + " more columns" : "");
    }

    private String names() {
        return some(fields.stream()
                .map(field -> field.width() == 1 ? field.name() : field.name() + " [rows, " + field.width() + "]")
                .toList());
    }

    private static String some(List<String> names) {
        String shown = names.stream().limit(20).map(name -> "'" + name + "'").collect(Collectors.joining(", "));
        return names.size() <= 20 ? shown : shown + " and " + (names.size() - 20) + " more";
    }
}
