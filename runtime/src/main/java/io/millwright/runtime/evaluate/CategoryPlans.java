package io.millwright.runtime.evaluate;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Preparation;
import io.millwright.runtime.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

final class CategoryPlans {
    private static final int SHOWN = 5;

    private CategoryPlans() {}

    static Step.Plan oneHot(Preparation.OneHot operator, List<String> names) {
        List<Preparation.OneHot.Indicator> columns = operator.columns();
        Lookup[] lookups =
                columns.stream().map(each -> Lookup.of(each.categories())).toArray(Lookup[]::new);
        int[][] places = columns.stream().map(each -> each.places().toArray()).toArray(int[][]::new);
        int[] unknown =
                columns.stream().mapToInt(Preparation.OneHot.Indicator::unknown).toArray();
        int[] offsets = new int[columns.size()];
        for (int i = 1; i < offsets.length; i++)
            offsets[i] = offsets[i - 1] + columns.get(i - 1).width();
        return (in, out) -> {
            Block from = in[0];
            int width = out.width();
            return rows -> {
                double[] to = out.numbers();
                Arrays.fill(to, 0, rows * width, 0);
                for (int row = 0, at = 0; row < rows; row++) {
                    for (int i = 0; i < lookups.length; i++, at++) {
                        int found = lookups[i].place(from, at);
                        int place = found >= 0 ? places[i][found] : unknown[i];
                        if (place >= 0) to[row * width + offsets[i] + place] = 1;
                        else if (place == -2) {
                            throw refused(
                                    row, names.get(i), from, at, columns.get(i).categories());
                        }
                    }
                }
            };
        };
    }

    static Step.Plan encode(Preparation.Encode operator, List<String> names) {
        List<Preparation.Encode.Codes> columns = operator.columns();
        Lookup[] lookups =
                columns.stream().map(each -> Lookup.of(each.categories())).toArray(Lookup[]::new);
        double[][] values =
                columns.stream().map(each -> each.values().toArray()).toArray(double[][]::new);
        return (in, out) -> {
            Block from = in[0];
            return rows -> {
                double[] to = out.numbers();
                for (int row = 0, at = 0; row < rows; row++) {
                    for (int i = 0; i < lookups.length; i++, at++) {
                        int found = lookups[i].place(from, at);
                        if (found >= 0) to[at] = values[i][found];
                        else if (!columns.get(i).refuseUnknown())
                            to[at] = columns.get(i).unknown();
                        else
                            throw refused(
                                    row, names.get(i), from, at, columns.get(i).categories());
                    }
                }
            };
        };
    }

    private static RefusedValue refused(int row, String column, Block from, int at, Categories categories) {
        String got;
        if (from.shape().kind() == Shape.Kind.TEXTS) {
            got = from.texts()[at] == null ? "a missing value" : "'" + from.texts()[at] + "'";
        } else {
            got = Double.isNaN(from.numbers()[at]) ? "a missing value" : String.valueOf(from.numbers()[at]);
        }
        String known = IntStream.range(0, Math.min(SHOWN, categories.size()))
                .mapToObj(categories::name)
                .collect(Collectors.joining(", "));
        int more = categories.size() - SHOWN;
        return new RefusedValue(
                row,
                column,
                "%s was not seen in training; known are %s%s"
                        .formatted(got, known, more > 0 ? " and " + more + " more" : ""));
    }
}
