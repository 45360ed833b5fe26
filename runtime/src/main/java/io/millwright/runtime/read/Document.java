package io.millwright.runtime.read;

import io.millwright.runtime.Categories;
import io.millwright.runtime.Doubles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An object of a JSON or UBJSON document, read field by field; what is missing or of another type is
/// told by its path.
///
/// Its values are [Map], [List], `double[]` (an array of numbers), [String], [Double], [Boolean] and
/// null.
final class Document {
    private final String path;
    private final Map<?, ?> fields;

    private Document(String path, Map<?, ?> fields) {
        this.path = path;
        this.fields = fields;
    }

    static Document of(@Nullable Object value) {
        return of("", value);
    }

    private static Document of(String path, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) return new Document(path, map);
        throw new UnreadableModel("'%s' of the model is %s, expected an object".formatted(path, kind(value)));
    }

    boolean has(String name) {
        return fields.get(name) != null;
    }

    Document at(String name) {
        return of(child(name), fields.get(name));
    }

    String text(String name) {
        if (fields.get(name) instanceof String text) return text;
        throw wrong(name, "a text");
    }

    /// A number, also one written as a text.
    double number(String name) {
        Object value = fields.get(name);
        if (value instanceof Double number) return number;
        if (value instanceof String text) return parsed(name, text);
        throw wrong(name, "a number");
    }

    private double parsed(String name, String text) {
        try {
            return switch (text) {
                case "Inf" -> Double.POSITIVE_INFINITY;
                case "-Inf" -> Double.NEGATIVE_INFINITY;
                default -> Double.parseDouble(text.strip());
            };
        } catch (NumberFormatException e) {
            throw new UnreadableModel("'%s' of the model is '%s', expected a number".formatted(child(name), text), e);
        }
    }

    boolean flag(String name) {
        if (fields.get(name) instanceof Boolean flag) return flag;
        throw wrong(name, "a boolean");
    }

    int integer(String name) {
        double number = number(name);
        if (number != Math.rint(number) || Math.abs(number) > Integer.MAX_VALUE) {
            throw new UnreadableModel(
                    "'%s' of the model is %s, expected a whole number".formatted(child(name), number));
        }
        return (int) number;
    }

    /// Numbers, of which some may be written as texts.
    double[] numbers(String name) {
        return numbers(name, fields.get(name));
    }

    private double[] numbers(String name, @Nullable Object value) {
        if (value instanceof double[] numbers) return numbers;
        if (!(value instanceof List<?> list)) throw wrong(name, "an array of numbers");
        double[] numbers = new double[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = switch (list.get(i)) {
                case Double number -> number;
                case String text -> parsed(name, text);
                case null, default -> throw wrong(name, "an array of numbers");
            };
        }
        return numbers;
    }

    List<double[]> numberLists(String name) {
        if (!(fields.get(name) instanceof List<?> lists)) throw wrong(name, "an array of arrays");
        List<double[]> numbers = new ArrayList<>(lists.size());
        for (Object each : lists) numbers.add(numbers(name, each));
        return numbers;
    }

    int[] integers(String name) {
        double[] numbers = numbers(name);
        int[] integers = new int[numbers.length];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = (int) numbers[i];
            if (integers[i] != numbers[i]) {
                throw new UnreadableModel(
                        "'%s[%d]' of the model is %s, expected a whole number".formatted(child(name), i, numbers[i]));
            }
        }
        return integers;
    }

    List<Document> documents(String name) {
        if (!(fields.get(name) instanceof List<?> list)) {
            if (fields.get(name) instanceof double[] none && none.length == 0) return List.of();
            throw wrong(name, "an array of objects");
        }
        List<Document> documents = new ArrayList<>(list.size());
        for (Object each : list) documents.add(of("%s[%d]".formatted(child(name), documents.size()), each));
        return documents;
    }

    List<String> texts(String name) {
        if (fields.get(name) instanceof double[] none && none.length == 0) return List.of();
        if (!(fields.get(name) instanceof List<?> list)) throw wrong(name, "an array of texts");
        List<String> texts = new ArrayList<>(list.size());
        for (Object each : list) {
            if (!(each instanceof String text)) throw wrong(name, "an array of texts");
            texts.add(text);
        }
        return texts;
    }

    /// Lists of texts, or of numbers, that are categories.
    List<Categories> categories(String name) {
        if (!(fields.get(name) instanceof List<?> lists)) {
            if (fields.get(name) instanceof double[] none && none.length == 0) return List.of();
            throw wrong(name, "an array of arrays");
        }
        List<Categories> categories = new ArrayList<>(lists.size());
        for (Object list : lists) {
            if (list instanceof double[] numbers) categories.add(new Categories.Numbers(Doubles.of(numbers), -1));
            else if (list instanceof List<?> texts && texts.stream().allMatch(String.class::isInstance)) {
                categories.add(
                        new Categories.Texts(texts.stream().map(String::valueOf).toList(), -1));
            } else throw wrong(name, "an array of arrays of texts, or of numbers");
        }
        return categories;
    }

    private String child(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private UnreadableModel wrong(String name, String expected) {
        return new UnreadableModel(
                "'%s' of the model is %s, expected %s".formatted(child(name), kind(fields.get(name)), expected));
    }

    private static String kind(@Nullable Object value) {
        return switch (value) {
            case null -> "missing";
            case Map<?, ?> _ -> "an object";
            case List<?> _ -> "an array";
            case double[] _ -> "an array of numbers";
            case String _ -> "a text";
            case Double _ -> "a number";
            default -> "a boolean";
        };
    }
}
