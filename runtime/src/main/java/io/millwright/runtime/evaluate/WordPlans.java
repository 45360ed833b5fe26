package io.millwright.runtime.evaluate;

import io.millwright.runtime.Preparation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

final class WordPlans {
    private WordPlans() {}

    static Step.Plan countWords(Preparation.CountWords operator) {
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < operator.terms().size(); i++)
            places.put(operator.terms().get(i), i);
        double[] weights = operator.weights().toArray();
        return (in, out) -> rows -> {
            @Nullable String[] from = in[0].texts();
            double[] to = out.numbers();
            int width = weights.length;
            Arrays.fill(to, 0, rows * width, 0);
            for (int row = 0; row < rows; row++) {
                @Nullable String text = from[row];
                if (text == null) continue;
                List<String> words = words(operator.lowerCase() ? text.toLowerCase(Locale.ROOT) : text);
                count(operator, words, places, to, row * width);
                weigh(operator, weights, to, row * width);
            }
        };
    }

    private static void count(
            Preparation.CountWords operator, List<String> words, Map<String, Integer> places, double[] to, int start) {
        for (int length = operator.shortest(); length <= operator.longest(); length++) {
            for (int first = 0; first + length <= words.size(); first++) {
                String term = length == 1 ? words.get(first) : String.join(" ", words.subList(first, first + length));
                Integer place = places.get(term);
                if (place != null) to[start + place]++;
            }
        }
    }

    private static void weigh(Preparation.CountWords operator, double[] weights, double[] to, int start) {
        double norm = 0;
        for (int i = 0; i < weights.length; i++) {
            double count = to[start + i];
            if (count == 0) continue;
            double value = (operator.binary() ? 1 : operator.sublinear() ? Math.log(count) + 1 : count) * weights[i];
            to[start + i] = value;
            switch (operator.norm()) {
                case NONE -> {}
                case L1 -> norm += Math.abs(value);
                case L2 -> norm += value * value;
            }
        }
        if (norm == 0) return;
        if (operator.norm() == Preparation.CountWords.RowNorm.L2) norm = Math.sqrt(norm);
        for (int i = 0; i < weights.length; i++) to[start + i] /= norm;
    }

    /// Runs of two or more letters, digits and underscores: what Python's `(?u)\b\w\w+\b` finds.
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int start = -1;
        int length = 0;
        for (int at = 0; at <= text.length(); ) {
            int point = at < text.length() ? text.codePointAt(at) : ' ';
            if (isOfWord(point)) {
                if (start < 0) start = at;
                length++;
            } else {
                if (length >= 2) words.add(text.substring(start, at));
                start = -1;
                length = 0;
            }
            at += Character.charCount(point);
        }
        return words;
    }

    private static boolean isOfWord(int point) {
        if (point == '_') return true;
        return switch (Character.getType(point)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER,
                    Character.DECIMAL_DIGIT_NUMBER,
                    Character.LETTER_NUMBER,
                    Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }
}
