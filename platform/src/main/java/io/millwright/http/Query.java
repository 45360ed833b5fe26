package io.millwright.http;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/// The query of a call of our own API, read strictly: what is misspelt would be answered as if it had not been asked.
public final class Query {
    private final Map<String, List<String>> values;

    private Query(Map<String, List<String>> values) {
        this.values = values;
    }

    /// @param names all that the call understands
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when there are others
    public static Query of(Call call, String... names) {
        Set<String> known = new TreeSet<>(List.of(names));
        for (String name : call.query().keySet()) {
            if (!known.contains(name))
                throw INVALID_ARGUMENT.because("Unknown query parameter '%s', expected some of %s.", name, known);
        }
        return new Query(call.query());
    }

    /// All values of a parameter that may be repeated, in the order sent.
    public List<String> texts(String name) {
        return values.getOrDefault(name, List.of());
    }

    public Optional<String> text(String name) {
        List<String> all = texts(name);
        if (all.size() > 1) throw INVALID_ARGUMENT.because("'%s' is given %d times, expected once.", name, all.size());
        return all.stream().findFirst();
    }

    public int number(String name, int usual, int least, int most) {
        Optional<String> text = text(name);
        if (text.isEmpty()) return usual;
        try {
            int number = Integer.parseInt(text.get());
            if (number >= least && number <= most) return number;
        } catch (NumberFormatException e) {
            // Told below, like one out of range.
        }
        throw INVALID_ARGUMENT.because("'%s' is '%s', expected a number from %d to %d.", name, text.get(), least, most);
    }

    public OptionalLong wholeNumber(String name) {
        Optional<String> text = text(name);
        if (text.isEmpty()) return OptionalLong.empty();
        try {
            return OptionalLong.of(Long.parseLong(text.get()));
        } catch (NumberFormatException e) {
            throw INVALID_ARGUMENT.because("'%s' is '%s', expected a whole number.", name, text.get());
        }
    }

    /// @param choices what each word means
    public <T> T choice(String name, T usual, Map<String, T> choices) {
        Optional<String> text = text(name);
        if (text.isEmpty()) return usual;
        T chosen = choices.get(text.get());
        if (chosen != null) return chosen;
        throw INVALID_ARGUMENT.because(
                "'%s' is '%s', expected one of %s.", name, text.get(), new TreeSet<>(choices.keySet()));
    }
}
