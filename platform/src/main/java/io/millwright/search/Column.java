package io.millwright.search;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.ArrayList;
import java.util.List;

/// A column of a table of runs, written as the field of a filter: `metrics.loss`, `params."my key"`, `status`. A metric
/// may end with `.min` or `.max`, outside its quotes.
///
/// @param text as written
public record Column(String text, Field field, Part part) {
    public static final int MOST = 200;
    private static final int LONGEST = 1_000;

    /// What of a metric is shown; of anything else it is its value.
    public enum Part {
        VALUE,
        MIN,
        MAX
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when there are too many, or one is no field of a run
    public static List<Column> parse(List<String> texts) {
        if (texts.size() > MOST) {
            throw INVALID_ARGUMENT.because(
                    "%d columns are asked for, at most %d are answered at once.", texts.size(), MOST);
        }
        List<Column> columns = new ArrayList<>(texts.size());
        for (String text : texts) columns.add(parse(text));
        return columns;
    }

    private static Column parse(String text) {
        if (text.length() > LONGEST) throw Wording.tooLong("column", text.length(), LONGEST);
        FieldName name = FieldName.read(SearchKind.RUNS, text);
        Entity entity = name.entity(SearchKind.RUNS);
        return switch (entity) {
            case METRIC -> metric(text, name);
            case PARAM, TAG -> new Column(text, new Field(entity, name.key()), Part.VALUE);
            case ATTRIBUTE ->
                SearchKind.RUNS
                        .orderAttribute(name.key())
                        .map(attribute -> new Column(text, new Field(entity, attribute.name()), Part.VALUE))
                        .orElseThrow(() -> Wording.unknownOrderAttribute(SearchKind.RUNS, text, name.key()));
            case DATASET ->
                throw INVALID_ARGUMENT.because(
                        "'%s' is no column, expected metrics.<name>, params.<name>, tags.<name> or an attribute.",
                        text);
        };
    }

    private static Column metric(String text, FieldName whole) {
        int dot = text.indexOf('.');
        Part part = text.endsWith(".min") ? Part.MIN : text.endsWith(".max") ? Part.MAX : Part.VALUE;
        int end = text.length() - ".min".length();
        // `metrics.min` is the last value of a metric of that name.
        if (part == Part.VALUE || end <= dot)
            return new Column(text, new Field(Entity.METRIC, whole.key()), Part.VALUE);
        String key = FieldName.read(SearchKind.RUNS, text.substring(0, end)).key();
        return new Column(text, new Field(Entity.METRIC, key), part);
    }
}
