package io.millwright.runtime.read;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// The fields of a PMML file and the nodes that hold them, as one model of it sees them.
///
/// Numbers are numbers; a categorical field is the place of its value among its categories, -1 for
/// another value, NaN for a missing one.
final class PmmlColumns {
    private static final int MAX_CATEGORIES = 100_000;

    /// What a file is written out to: classes times leaves, categories times predictors and the like.
    private static final long MAX_NUMBERS = 1 << 26;

    /// Who reads a field.
    ///
    /// @param node of one number a row
    /// @param categories by place; absent for a number
    /// @param single whether it is a float32
    /// @param missing whether it may be missing
    record Column(String node, Optional<List<String>> categories, boolean single, boolean missing) {
        /// @return -1 for a value that is none of the categories: nothing equals it
        int code(String value) {
            return categories.map(known -> known.indexOf(value)).orElse(-1);
        }
    }

    private final Graph graph;
    private final PmmlElement dictionary;
    private final Map<String, PmmlElement> dataFields = new LinkedHashMap<>();
    private final Map<String, PmmlElement> derivedFields = new HashMap<>();
    /// Values that predicates compare a field with: its categories where the dictionary names none.
    private final Map<String, Set<String>> compared;
    private final Set<String> takenAsIs;
    private final Map<String, Column> raw;
    private final Map<String, Column> treated;
    private final long[] left;
    private final Map<String, Column> known = new HashMap<>();
    private final Set<String> making;

    private PmmlColumns(
            Graph graph,
            PmmlElement dictionary,
            Map<String, Set<String>> compared,
            Set<String> takenAsIs,
            Map<String, Column> raw,
            Map<String, Column> treated,
            long[] left) {
        this.graph = graph;
        this.left = left;
        this.treated = treated;
        this.takenAsIs = takenAsIs;
        this.dictionary = dictionary;
        this.compared = compared;
        this.raw = raw;
        this.making = new LinkedHashSet<>();
        for (PmmlElement each : dictionary.all("DataField")) {
            if (dataFields.put(each.text("name"), each) != null) throw each.unread("twice");
        }
    }

    static PmmlColumns of(Graph graph, PmmlElement file) {
        Map<String, Set<String>> compared = new HashMap<>();
        Set<String> takenAsIs = new HashSet<>();
        gather(file, compared, takenAsIs);
        PmmlColumns columns = new PmmlColumns(
                graph, file.only("DataDictionary"), compared, takenAsIs, new HashMap<>(), new HashMap<>(), new long[] {
                    MAX_NUMBERS
                });
        file.child("TransformationDictionary").ifPresent(columns::define);
        return columns;
    }

    /// As deep as the file is, which is bounded.
    private static void gather(PmmlElement element, Map<String, Set<String>> compared, Set<String> takenAsIs) {
        for (PmmlElement each : element.children()) {
            switch (each.name()) {
                case "SimplePredicate", "NormDiscrete" -> add(compared, each.text("field"), each.text("value", ""));
                case "CategoricalPredictor" -> add(compared, each.text("name"), each.text("value"));
                case "SimpleSetPredicate" ->
                    each.only("Array").values().forEach(value -> add(compared, each.text("field"), value));
                case "MiningField" -> {
                    if (each.text("invalidValueTreatment", "").equals("asIs")) takenAsIs.add(each.text("name"));
                }
                default -> gather(each, compared, takenAsIs);
            }
        }
    }

    private static void add(Map<String, Set<String>> compared, String field, String value) {
        if (!value.isEmpty())
            compared.computeIfAbsent(field, _ -> new LinkedHashSet<>()).add(value);
    }

    /// What a model inside this one sees: its mining schema and transformations over what is seen here.
    PmmlColumns inside(PmmlElement model) {
        PmmlColumns inner = new PmmlColumns(graph, dictionary, compared, takenAsIs, raw, treated, left);
        inner.derivedFields.putAll(derivedFields);
        Map<String, Column> seen = new HashMap<>();
        for (PmmlElement field : model.only("MiningSchema").all("MiningField")) {
            String name = field.text("name");
            switch (field.text("usageType", "active")) {
                case "active" -> seen.put(name, treated(field, column(name)));
                case "predicted", "target", "supplementary" -> {}
                default -> throw field.unread("with usageType='%s'".formatted(field.text("usageType")));
            }
        }
        // Derived fields read what the schema made of the fields.
        inner.known.putAll(known);
        inner.derivedFields.keySet().forEach(inner.known::remove);
        inner.known.putAll(seen);
        model.child("LocalTransformations").ifPresent(inner::define);
        return inner;
    }

    private void define(PmmlElement transformations) {
        transformations.allow("DerivedField");
        for (PmmlElement each : transformations.all("DerivedField")) derivedFields.put(each.text("name"), each);
    }

    /// What another model answered, under a name.
    void put(String name, Column column) {
        known.put(name, column);
    }

    /// Counts numbers before they are made, those of the whole file together.
    void take(long numbers) {
        left[0] -= numbers;
        if (left[0] < 0)
            throw new UnreadableModel("the PMML file is written out to more than %d numbers".formatted(MAX_NUMBERS));
    }

    Graph graph() {
        return graph;
    }

    Column column(String name) {
        Column found = known.get(name);
        if (found == null) {
            found = made(name);
            known.put(name, found);
        }
        return found;
    }

    /// A field that is read as a number.
    Column number(String name) {
        Column column = column(name);
        if (column.categories().isPresent())
            throw new UnreadableModel("PMML's field '%s' is read as a number, but it is categorical".formatted(name));
        return column;
    }

    private Column made(String name) {
        PmmlElement derived = derivedFields.get(name);
        if (derived != null) {
            if (!making.add(name)) throw derived.unread("that is made of itself");
            if (making.size() > 500) throw derived.unread("made of more than 500 others");
            Column column = new PmmlExpressions(this).of(derived);
            making.remove(name);
            return column;
        }
        PmmlElement field = dataFields.get(name);
        if (field == null) throw new UnreadableModel("PMML's field '%s' is nowhere defined".formatted(name));
        Column column = raw.get(name);
        if (column == null) {
            column = input(field);
            raw.put(name, column);
        }
        return column;
    }

    boolean isCategorical(String field) {
        PmmlElement found = dataFields.get(field);
        return found != null && found.text("optype", "continuous").equals("categorical");
    }

    /// The categories of a data field, in the dictionary's order.
    List<String> categories(String field) {
        PmmlElement found = dataFields.get(field);
        if (found == null) throw new UnreadableModel("PMML's field '%s' is nowhere defined".formatted(field));
        return listed(found);
    }

    private static List<String> listed(PmmlElement field) {
        List<String> values = new ArrayList<>();
        for (PmmlElement each : field.all("Value")) {
            switch (each.text("property", "valid")) {
                case "valid" -> values.add(each.text("value"));
                case "missing", "invalid" -> throw each.unread("of %s".formatted(field.title()));
                default -> throw each.unread("with property='%s'".formatted(each.text("property")));
            }
        }
        if (values.size() > MAX_CATEGORIES) throw field.unread("with more than %d values".formatted(MAX_CATEGORIES));
        return values;
    }

    private static FieldType type(PmmlElement field) {
        return switch (field.text("dataType", "string")) {
            case "string" -> FieldType.TEXT;
            case "integer" -> FieldType.INT64;
            case "float" -> FieldType.FLOAT32;
            case "double" -> FieldType.FLOAT64;
            case "boolean" -> FieldType.TEXT;
            default -> throw field.unread("with dataType='%s'".formatted(field.text("dataType")));
        };
    }

    private Column input(PmmlElement field) {
        field.allow("Value", "Interval");
        String name = field.text("name");
        FieldType type = type(field);
        return switch (field.text("optype")) {
            case "continuous" -> {
                if (type == FieldType.TEXT) throw field.unread("as a continuous text");
                graph.field(new Field(
                        name,
                        type,
                        1,
                        true,
                        "",
                        takenAsIs.contains(name) ? Optional.empty() : range(field),
                        Optional.empty()));
                String node = type == FieldType.FLOAT32
                        ? graph.node(name + "_float32", new Columns.Cast(FieldType.FLOAT32), name)
                        : name;
                yield new Column(node, Optional.empty(), type == FieldType.FLOAT32, true);
            }
            case "categorical" -> {
                List<String> values = listed(field);
                if (values.isEmpty()) values = List.copyOf(compared.getOrDefault(name, Set.of()));
                if (values.isEmpty()) throw field.unread("without values");
                graph.field(new Field(name, type, 1, true, "", Optional.empty(), Optional.empty()));
                yield new Column(
                        graph.node(name + "_code", encoding(field, type, values), name),
                        Optional.of(values),
                        false,
                        true);
            }
            default -> throw field.unread("with optype='%s'".formatted(field.text("optype")));
        };
    }

    /// Another value than the dictionary's is refused, unless a mining schema takes it as it is.
    private Preparation.Encode encoding(PmmlElement field, FieldType type, List<String> values) {
        double[] codes = new double[values.size() + 1];
        for (int i = 0; i < values.size(); i++) codes[i] = i;
        codes[values.size()] = Double.NaN;
        Categories categories;
        if (type == FieldType.TEXT) {
            List<String> texts = new ArrayList<>(values);
            texts.add("");
            categories = new Categories.Texts(texts, values.size());
        } else {
            double[] numbers = new double[codes.length];
            for (int i = 0; i < values.size(); i++) numbers[i] = field.parsed(values.get(i));
            numbers[values.size()] = Double.NaN;
            categories = new Categories.Numbers(Doubles.of(numbers), values.size());
        }
        boolean refuses = !field.all("Value").isEmpty() && !takenAsIs.contains(field.text("name"));
        return new Preparation.Encode(
                List.of(new Preparation.Encode.Codes(categories, Doubles.of(codes), refuses, -1)));
    }

    private static Optional<Field.Range> range(PmmlElement field) {
        List<PmmlElement> intervals = field.all("Interval");
        if (intervals.isEmpty()) return Optional.empty();
        if (intervals.size() > 1) throw field.unread("with several intervals");
        return Optional.of(interval(intervals.getFirst()));
    }

    /// Both ends belong to it: of an open one the number next to it is the end.
    static Field.Range interval(PmmlElement interval) {
        double low = interval.number("leftMargin", Double.NEGATIVE_INFINITY);
        double high = interval.number("rightMargin", Double.POSITIVE_INFINITY);
        String closure = interval.text("closure");
        if (closure.startsWith("open") && low > Double.NEGATIVE_INFINITY) low = Math.nextUp(low);
        if (closure.endsWith("Open") && high < Double.POSITIVE_INFINITY) high = Math.nextDown(high);
        if (!(low <= high)) throw interval.unread("from %s to %s".formatted(low, high));
        return new Field.Range(low, high);
    }

    /// What a mining schema makes of a field: outliers first, then missing values.
    private Column treated(PmmlElement field, Column column) {
        // Trees of an ensemble have a schema each, and most often all the same.
        String key = column.node() + " " + new TreeMap<>(field.attributes());
        Column before = treated.get(key);
        if (before == null) {
            before = newlyTreated(field, column);
            treated.put(key, before);
        }
        return before;
    }

    private Column newlyTreated(PmmlElement field, Column column) {
        String node = column.node();
        boolean missing = column.missing();
        String name = field.text("name");
        String invalid = field.text("invalidValueTreatment", "returnInvalid");
        if (!invalid.equals("asIs") && !invalid.equals("returnInvalid"))
            throw field.unread("with invalidValueTreatment='%s'".formatted(invalid));
        PmmlElement data = dataFields.get(name);
        if (data != null && invalid.equals("returnInvalid")) node = required(data, column, node);
        switch (field.text("outliers", "asIs")) {
            case "asIs" -> {}
            case "asExtremeValues" ->
                node = graph.node(
                        name + "_bounded",
                        new Preparation.Scale(
                                Preparation.Scale.Form.SCALE_FIRST,
                                Doubles.of(0),
                                Doubles.of(1),
                                field.number("lowValue", Double.NEGATIVE_INFINITY),
                                field.number("highValue", Double.POSITIVE_INFINITY),
                                Precision.FLOAT64),
                        node);
            default -> throw field.unread("with outliers='%s'".formatted(field.text("outliers")));
        }
        if (field.text("missingValueTreatment", "asIs").equals("returnInvalid")) {
            node = graph.node(
                    name + "_present",
                    new Preparation.Require(
                            Doubles.of(Double.NEGATIVE_INFINITY), Doubles.of(Double.POSITIVE_INFINITY), false),
                    node);
            missing = false;
        }
        if (field.has("missingValueReplacement")) {
            String fill = field.text("missingValueReplacement");
            double told = column.categories().isPresent() ? column.code(fill) : field.parsed(fill);
            double number = column.single() ? (float) told : told;
            node = graph.node(
                    name + "_filled", new Preparation.Impute(Double.NaN, Doubles.of(number), Ints.of()), node);
            missing = false;
        }
        return new Column(node, column.categories(), column.single(), missing);
    }

    /// A number outside of the dictionary's interval is refused.
    private String required(PmmlElement data, Column column, String node) {
        Optional<Field.Range> range = column.categories().isPresent() ? Optional.empty() : range(data);
        if (range.isEmpty()) return node;
        return graph.node(
                data.text("name") + "_valid",
                new Preparation.Require(
                        Doubles.of(range.get().low()), Doubles.of(range.get().high()), true),
                node);
    }
}
