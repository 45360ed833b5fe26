package io.millwright.runtime;

import java.util.List;

/// Operators that make features of columns.
public sealed interface Preparation extends Operator {
    /// Missing numbers filled in.
    ///
    /// @param missing which number is a missing one; NaN for NaN
    /// @param fill what stands in for it, by column
    /// @param indicators columns of which follow, after all columns, 1 where the value was missing and
    /// 0 elsewhere
    record Impute(double missing, Doubles fill, Ints indicators) implements Preparation {
        @Override
        public Shape shape(List<Shape> inputs) {
            Operator.numbers(inputs, fill.size());
            for (int i = 0; i < indicators.size(); i++) {
                if (indicators.get(i) < 0 || indicators.get(i) >= fill.size()) {
                    throw new IllegalArgumentException("an indicator of column " + indicators.get(i));
                }
            }
            return Shape.numbers(fill.size() + indicators.size());
        }
    }

    /// Missing texts filled in.
    ///
    /// @param missing the text that is a missing one beside null; empty when only null is
    /// @param fill what stands in for it, by column
    record ImputeText(String missing, List<String> fill) implements Preparation {
        public ImputeText {
            fill = List.copyOf(fill);
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            Shape input = Operator.only(inputs, Shape.Kind.TEXTS);
            if (input.width() != fill.size()) {
                throw new IllegalArgumentException("reads %d texts a row, got %s".formatted(fill.size(), input));
            }
            return input;
        }
    }

    /// Each column shifted and scaled, each step rounded to the precision.
    ///
    /// @param form in which order: `SHIFT_FIRST` is `(x - offset) / factor`, `SCALE_FIRST` is `x *
    /// factor + offset`, `SHIFT_AND_MULTIPLY` is `(x - offset) * factor`
    /// @param low what is smaller becomes this; -infinity for no end
    /// @param high what is larger becomes this; infinity for no end
    record Scale(Form form, Doubles offset, Doubles factor, double low, double high, Precision precision)
            implements Preparation {
        public enum Form {
            SHIFT_FIRST,
            SCALE_FIRST,
            SHIFT_AND_MULTIPLY
        }

        public Scale {
            if (offset.size() != factor.size()) {
                throw new IllegalArgumentException("%d offsets, %d factors".formatted(offset.size(), factor.size()));
            }
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            return Operator.numbers(inputs, offset.size());
        }
    }

    /// Numbers within a distance of 0 become 0.
    record Flush(double distance) implements Preparation {
        @Override
        public Shape shape(List<Shape> inputs) {
            return Operator.only(inputs, Shape.Kind.NUMBERS);
        }
    }

    /// Numbers as they are, of which those outside a column's bounds are refused.
    ///
    /// @param low by column, the smallest it may be; -infinity for no bound
    /// @param high by column, the largest it may be; infinity for no bound
    /// @param missingAllowed whether a missing number may pass; it is refused otherwise
    record Require(Doubles low, Doubles high, boolean missingAllowed) implements Preparation {
        public Require {
            if (low.size() != high.size()) {
                throw new IllegalArgumentException("%d low bounds, %d high ones".formatted(low.size(), high.size()));
            }
            for (int i = 0; i < low.size(); i++) {
                if (!(low.get(i) <= high.get(i))) {
                    throw new IllegalArgumentException("bounds from %s to %s".formatted(low.get(i), high.get(i)));
                }
            }
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            return Operator.numbers(inputs, low.size());
        }
    }

    /// Each row divided by its norm; a row whose norm is 0 stays as it is.
    record Normalize(Norm norm, Precision precision) implements Preparation {
        /// Sum of magnitudes, root of the sum of squares, largest magnitude.
        public enum Norm {
            L1,
            L2,
            MAX
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            return Operator.only(inputs, Shape.Kind.NUMBERS);
        }
    }

    /// For each column as many 0 and 1 as it has places, one column after the other.
    record OneHot(List<Indicator> columns) implements Preparation {
        /// @param places for each category the place that is 1; -1 for none
        /// @param width places of this column
        /// @param unknown the place of a value that is no category: -1 for none, -2 to refuse it
        public record Indicator(Categories categories, Ints places, int width, int unknown) {
            public Indicator {
                if (places.size() != categories.size()) {
                    throw new IllegalArgumentException(
                            "%d places for %d categories".formatted(places.size(), categories.size()));
                }
                for (int i = 0; i < places.size(); i++) {
                    if (places.get(i) < -1 || places.get(i) >= width) {
                        throw new IllegalArgumentException("place %d of %d".formatted(places.get(i), width));
                    }
                }
                if (unknown < -2 || unknown >= width) throw new IllegalArgumentException("unknown at " + unknown);
            }
        }

        public OneHot {
            columns = List.copyOf(columns);
            requireOneKind(columns.stream().map(Indicator::categories).toList());
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            requireCategories(
                    inputs, columns.stream().map(Indicator::categories).toList());
            return Shape.numbers(columns.stream().mapToInt(Indicator::width).reduce(0, Math::addExact));
        }
    }

    /// Each column's category replaced by its number: ordinal, target and count encoding.
    record Encode(List<Codes> columns) implements Preparation {
        /// @param values the number of each category
        /// @param refuseUnknown whether a value that is no category is an error
        /// @param unknown the number of a value that is no category, unless that is an error
        public record Codes(Categories categories, Doubles values, boolean refuseUnknown, double unknown) {
            public Codes {
                if (values.size() != categories.size()) {
                    throw new IllegalArgumentException(
                            "%d numbers for %d categories".formatted(values.size(), categories.size()));
                }
            }
        }

        public Encode {
            columns = List.copyOf(columns);
            requireOneKind(columns.stream().map(Codes::categories).toList());
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            requireCategories(inputs, columns.stream().map(Codes::categories).toList());
            return Shape.numbers(columns.size());
        }
    }

    /// Each number replaced by how many of its column's edges lie below it, or on it; NaN stays NaN.
    ///
    /// @param edges by column, rising
    /// @param onEdgeCounts whether an edge counts for a number that equals it
    record Bucketize(List<Doubles> edges, boolean onEdgeCounts) implements Preparation {
        public Bucketize {
            edges = List.copyOf(edges);
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            return Operator.numbers(inputs, edges.size());
        }
    }

    /// Products of columns.
    ///
    /// @param factors for each output the columns to multiply, one as often as its power; none makes 1
    record Polynomial(int columns, List<Ints> factors) implements Preparation {
        public Polynomial {
            factors = List.copyOf(factors);
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            Operator.numbers(inputs, columns);
            for (Ints product : factors) {
                for (int i = 0; i < product.size(); i++) {
                    if (product.get(i) < 0 || product.get(i) >= columns) {
                        throw new IllegalArgumentException("a power of column " + product.get(i));
                    }
                }
            }
            return Shape.numbers(factors.size());
        }
    }

    /// A power transform by column (Box and Cox 1964; Yeo and Johnson 2000).
    record Power(Family family, Doubles lambdas) implements Preparation {
        public enum Family {
            BOX_COX,
            YEO_JOHNSON
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            return Operator.numbers(inputs, lambdas.size());
        }
    }

    /// Each column read off a line through points; outside the first and last point it stays at
    /// theirs; of points with the same x, a value that equals it has the last one's y.
    ///
    /// @param columns for each column its points, x rising
    record Interpolate(List<Points> columns) implements Preparation {
        public record Points(Doubles x, Doubles y) {
            public Points {
                if (x.size() != y.size() || x.size() == 0) {
                    throw new IllegalArgumentException("%d x and %d y".formatted(x.size(), y.size()));
                }
                for (int i = 1; i < x.size(); i++) {
                    if (!(x.get(i - 1) <= x.get(i))) throw new IllegalArgumentException("x does not rise at " + i);
                }
            }
        }

        public Interpolate {
            columns = List.copyOf(columns);
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            return Operator.numbers(inputs, columns.size());
        }
    }

    /// Words of one text counted and weighed.
    ///
    /// A text is put in lower case if so wished, cut into words (a word is a run of two or more
    /// letters, digits and underscores of Unicode), words are joined to n-grams by one space, and each
    /// term of the vocabulary gets its count (0 or 1 when `binary`; 1 + its logarithm when
    /// `sublinear`), times its weight; the row is then divided by its norm.
    ///
    /// @param terms by place
    /// @param weights by place; 1 for counts alone
    record CountWords(
            boolean lowerCase,
            int shortest,
            int longest,
            List<String> terms,
            Doubles weights,
            boolean binary,
            boolean sublinear,
            RowNorm norm)
            implements Preparation {
        public enum RowNorm {
            NONE,
            L1,
            L2
        }

        public CountWords {
            terms = List.copyOf(terms);
            if (terms.size() != weights.size()) {
                throw new IllegalArgumentException("%d terms, %d weights".formatted(terms.size(), weights.size()));
            }
            if (shortest < 1 || longest < shortest || longest > 16) {
                throw new IllegalArgumentException("n-grams of %d to %d words".formatted(shortest, longest));
            }
        }

        @Override
        public Shape shape(List<Shape> inputs) {
            Shape input = Operator.only(inputs, Shape.Kind.TEXTS);
            if (input.width() != 1) throw new IllegalArgumentException("reads one text a row, got " + input);
            return Shape.numbers(terms.size());
        }
    }

    private static void requireOneKind(List<Categories> columns) {
        if (columns.isEmpty()) throw new IllegalArgumentException("no column");
        for (Categories each : columns) {
            if (each.kind() != columns.getFirst().kind()) throw new IllegalArgumentException("numbers and texts mixed");
        }
    }

    private static void requireCategories(List<Shape> inputs, List<Categories> columns) {
        Shape input = Operator.only(inputs, columns.getFirst().kind());
        if (input.width() != columns.size()) {
            throw new IllegalArgumentException("reads %d columns, got %s".formatted(columns.size(), input));
        }
    }
}
