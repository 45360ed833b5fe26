package io.millwright.runtime.read;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Columns;
import io.millwright.runtime.Doubles;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Ints;
import io.millwright.runtime.Outcome;
import io.millwright.runtime.Outcome.Apply.Function;
import io.millwright.runtime.Precision;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.read.PmmlColumns.Column;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Derived fields.
final class PmmlExpressions {
    private static final List<String> EXPRESSIONS = List.of(
            "FieldRef",
            "Constant",
            "NormContinuous",
            "NormDiscrete",
            "Discretize",
            "MapValues",
            "Apply",
            "Aggregate",
            "Lag",
            "TextIndex",
            "FieldValue");

    private final PmmlColumns columns;
    private final Graph graph;

    PmmlExpressions(PmmlColumns columns) {
        this.columns = columns;
        this.graph = columns.graph();
    }

    /// A derived field, or whatever else holds one expression.
    Column of(PmmlElement derived) {
        Column column = expression(only(derived), derived.text("name", derived.name()));
        boolean single = derived.text("dataType", "double").equals("float");
        if (!single || column.categories().isPresent() || column.single()) return column;
        String rounded = graph.node(column.node() + "_float32", new Columns.Cast(FieldType.FLOAT32), column.node());
        return new Column(rounded, Optional.empty(), true, column.missing());
    }

    private static PmmlElement only(PmmlElement holder) {
        List<PmmlElement> found = holder.children().stream()
                .filter(each -> EXPRESSIONS.contains(each.name()))
                .toList();
        if (found.size() != 1) throw holder.unread("with %d expressions".formatted(found.size()));
        return found.getFirst();
    }

    private Column expression(PmmlElement expression, String name) {
        return switch (expression.name()) {
            case "FieldRef" -> {
                refuseMapping(expression);
                yield columns.column(expression.text("field"));
            }
            case "NormContinuous" -> normContinuous(expression, name);
            case "NormDiscrete" -> normDiscrete(expression, name);
            case "Discretize" -> discretize(expression, name);
            case "MapValues" -> mapValues(expression, name);
            case "Apply" -> apply(expression, name);
            default -> throw expression.unread("as an expression");
        };
    }

    private static void refuseMapping(PmmlElement expression) {
        if (expression.has("mapMissingTo")) throw expression.unread("with mapMissingTo");
    }

    private Column number(String node, boolean missing) {
        return new Column(node, Optional.empty(), false, missing);
    }

    private String step(String name, io.millwright.runtime.Operator operator, String... from) {
        return graph.node(name, operator, from);
    }

    private Column mapped(PmmlElement expression, String node, String name) {
        if (!expression.has("mapMissingTo")) return number(node, true);
        double fill = expression.number("mapMissingTo");
        return number(step(name, new Preparation.Impute(Double.NaN, Doubles.of(fill), Ints.of()), node), false);
    }

    private Column normContinuous(PmmlElement expression, String name) {
        String from = columns.number(expression.text("field")).node();
        List<PmmlElement> points = expression.all("LinearNorm");
        double[] x = points.stream().mapToDouble(each -> each.number("orig")).toArray();
        double[] y = points.stream().mapToDouble(each -> each.number("norm")).toArray();
        if (x.length < 2) throw expression.unread("with %d points".formatted(x.length));
        String outliers = expression.text("outliers", "asIs");
        String node = switch (outliers) {
            case "asExtremeValues" ->
                step(
                        name,
                        new Preparation.Interpolate(
                                List.of(new Preparation.Interpolate.Points(Doubles.of(x), Doubles.of(y)))),
                        from);
            case "asIs" -> {
                if (x.length > 2) throw expression.unread("with more than two points and outliers='asIs'");
                yield line(name, from, x[0], y[0], x[1], y[1]);
            }
            default -> throw expression.unread("with outliers='%s'".formatted(outliers));
        };
        return mapped(expression, node, name + "_mapped");
    }

    /// `y1 + (x - x1) / (x2 - x1) * (y2 - y1)`
    private String line(String name, String from, double x1, double y1, double x2, double y2) {
        if (x1 == x2) throw new UnreadableModel("PMML's NormContinuous '%s' goes through one x twice".formatted(name));
        String share = step(name + "_share", scale(Preparation.Scale.Form.SHIFT_FIRST, x1, x2 - x1), from);
        return y1 == 0 && y2 == 1 ? share : step(name, scale(Preparation.Scale.Form.SCALE_FIRST, y1, y2 - y1), share);
    }

    static Preparation.Scale scale(Preparation.Scale.Form form, double offset, double factor) {
        return new Preparation.Scale(
                form,
                Doubles.of(offset),
                Doubles.of(factor),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                Precision.FLOAT64);
    }

    /// 1 where a field has a value, 0 where it has another.
    private Column normDiscrete(PmmlElement expression, String name) {
        Column from = columns.column(expression.text("field"));
        if (from.categories().isEmpty()) throw expression.unread("of a number");
        int code = from.code(expression.text("value"));
        int known = from.categories().get().size();
        columns.take(known);
        double[] values = new double[known + 1];
        if (code >= 0) values[code] = 1;
        values[known] = expression.number("mapMissingTo", Double.NaN);
        return number(
                step(
                        name,
                        new Preparation.Encode(
                                List.of(new Preparation.Encode.Codes(codes(known), Doubles.of(values), false, 0))),
                        from.node()),
                !expression.has("mapMissingTo"));
    }

    /// 0 to n - 1, and after them the missing value.
    static Categories.Numbers codes(int known) {
        double[] codes = new double[known + 1];
        for (int i = 0; i < known; i++) codes[i] = i;
        codes[known] = Double.NaN;
        return new Categories.Numbers(Doubles.of(codes), known);
    }

    /// Bins that follow each other without gaps.
    private Column discretize(PmmlElement expression, String name) {
        expression.allow("DiscretizeBin");
        if (expression.has("mapMissingTo")) throw expression.unread("with mapMissingTo");
        String from = columns.number(expression.text("field")).node();
        List<PmmlElement> bins = expression.all("DiscretizeBin");
        List<String> values =
                bins.stream().map(bin -> bin.text("binValue")).distinct().toList();
        if (bins.isEmpty()) throw expression.unread("without bins");
        double[] edges = new double[bins.size() - 1];
        double before = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < bins.size(); i++) {
            PmmlElement interval = bins.get(i).only("Interval");
            double low = interval.number("leftMargin", Double.NEGATIVE_INFINITY);
            double high = interval.number("rightMargin", Double.POSITIVE_INFINITY);
            String closure = interval.text("closure");
            if (low != before) throw expression.unread("with bins that leave a gap");
            boolean last = i == bins.size() - 1;
            if (last ? high != Double.POSITIVE_INFINITY : !closure.endsWith("Open"))
                throw expression.unread("with bins that leave a gap, or are closed at the right");
            if (i > 0 && !closure.startsWith("closed")) throw expression.unread("with bins that leave a gap");
            if (!last) edges[i] = high;
            before = high;
        }
        String bin = step(name + "_bin", new Preparation.Bucketize(List.of(Doubles.of(edges)), true), from);
        double[] codes = new double[bins.size() + 1];
        for (int i = 0; i < bins.size(); i++)
            codes[i] = values.indexOf(bins.get(i).text("binValue"));
        codes[bins.size()] = Double.NaN;
        String code = step(
                name + "_code",
                new Preparation.Encode(
                        List.of(new Preparation.Encode.Codes(codes(bins.size()), Doubles.of(codes), false, -1))),
                bin);
        return new Column(code, Optional.of(values), false, true);
    }

    /// Of one column.
    private Column mapValues(PmmlElement expression, String name) {
        expression.allow("FieldColumnPair", "InlineTable");
        List<PmmlElement> pairs = expression.all("FieldColumnPair");
        if (pairs.size() != 1) throw expression.unread("of several columns");
        if (expression.has("mapMissingTo") || expression.has("defaultValue"))
            throw expression.unread("with mapMissingTo or defaultValue");
        Column from = columns.column(pairs.getFirst().text("field"));
        if (from.categories().isEmpty()) throw expression.unread("of a number");
        List<PmmlElement> rows = expression.only("InlineTable").all("row");
        String in = pairs.getFirst().text("column");
        String out = expression.text("outputColumn");
        List<String> values = rows.stream()
                .map(row -> row.only(out).text().strip())
                .distinct()
                .toList();
        boolean numbers = List.of("double", "integer", "float").contains(expression.text("dataType", "string"));
        int known = from.categories().get().size();
        columns.take(known);
        double[] codes = new double[known + 1];
        Arrays.fill(codes, Double.NaN);
        for (PmmlElement row : rows) {
            int code = from.code(row.only(in).text().strip());
            String value = row.only(out).text().strip();
            if (code >= 0) codes[code] = numbers ? row.parsed(value) : values.indexOf(value);
        }
        String node = step(
                name + "_code",
                new Preparation.Encode(
                        List.of(new Preparation.Encode.Codes(codes(known), Doubles.of(codes), false, Double.NaN))),
                from.node());
        return numbers ? number(node, true) : new Column(node, Optional.of(values), false, true);
    }

    private Column apply(PmmlElement expression, String name) {
        if (expression.has("mapMissingTo") || expression.has("defaultValue"))
            throw expression.unread("with mapMissingTo or defaultValue");
        List<PmmlElement> arguments = expression.children().stream()
                .filter(each -> EXPRESSIONS.contains(each.name()))
                .toList();
        String function = expression.text("function");
        Optional<Function> one = ofOne(function);
        if (one.isPresent() && arguments.size() == 1) {
            return number(
                    step(name, new Outcome.Apply(one.get(), Precision.FLOAT64), argument(arguments.getFirst(), name)),
                    true);
        }
        if (arguments.size() == 2 && List.of("+", "-", "*", "/").contains(function)) {
            return number(ofTwo(function, arguments.getFirst(), arguments.getLast(), name), true);
        }
        throw expression.unread("of %d arguments".formatted(arguments.size()));
    }

    private static Optional<Function> ofOne(String function) {
        return switch (function) {
            case "log10" -> Optional.of(Function.LOG10);
            case "ln" -> Optional.of(Function.LOG);
            case "ln1p" -> Optional.of(Function.LOG1P);
            case "exp" -> Optional.of(Function.EXP);
            case "expm1" -> Optional.of(Function.EXPM1);
            case "sqrt" -> Optional.of(Function.SQRT);
            case "abs" -> Optional.of(Function.ABSOLUTE);
            case "floor" -> Optional.of(Function.FLOOR);
            case "ceil" -> Optional.of(Function.CEILING);
            case "tanh" -> Optional.of(Function.TANH);
            default -> Optional.empty();
        };
    }

    private String argument(PmmlElement argument, String name) {
        Column column = expression(argument, name + "_of");
        if (column.categories().isPresent()) throw argument.unread("that is categorical as a number");
        return column.node();
    }

    /// With a constant on a side, or of two columns.
    private String ofTwo(String function, PmmlElement first, PmmlElement second, String name) {
        boolean firstConstant = first.name().equals("Constant");
        boolean secondConstant = second.name().equals("Constant");
        if (firstConstant && secondConstant) throw first.unread("and another Constant combined");
        if (!firstConstant && !secondConstant) {
            String left = argument(first, name);
            String right = argument(second, name);
            return switch (function) {
                case "+" -> step(name, new Outcome.Sum(Precision.FLOAT64), left, right);
                case "-" -> step(name, combine(Outcome.Combine.Operation.MINUS), left, right);
                case "*" -> step(name, combine(Outcome.Combine.Operation.TIMES), left, right);
                default -> step(name, combine(Outcome.Combine.Operation.DIVIDED_BY), left, right);
            };
        }
        PmmlElement constant = firstConstant ? first : second;
        double value = constant.parsed(constant.text());
        String column = argument(firstConstant ? second : first, name);
        var scaleFirst = Preparation.Scale.Form.SCALE_FIRST;
        return switch (function) {
            case "+" -> step(name, scale(scaleFirst, value, 1), column);
            case "*" -> step(name, scale(scaleFirst, 0, value), column);
            case "-" ->
                firstConstant
                        ? step(name, scale(scaleFirst, value, -1), column)
                        : step(name, scale(scaleFirst, -value, 1), column);
            default -> {
                if (!firstConstant) yield step(name, scale(Preparation.Scale.Form.SHIFT_FIRST, 0, value), column);
                String reciprocal =
                        step(name + "_reciprocal", new Outcome.Apply(Function.RECIPROCAL, Precision.FLOAT64), column);
                yield step(name, scale(scaleFirst, 0, value), reciprocal);
            }
        };
    }

    private static Outcome.Combine combine(Outcome.Combine.Operation operation) {
        return new Outcome.Combine(operation, Precision.FLOAT64);
    }
}
