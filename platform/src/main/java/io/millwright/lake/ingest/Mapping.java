package io.millwright.lake.ingest;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.types.Type;

/// What becomes of a file's columns. A column that is named here, even by its own name, is meant
/// as it is said: it is
/// taken for no renamed one, and its values are cast to the table's type.
///
/// @param names of the file's columns (or `#3` for the third), and what the table calls them;
///     absent to leave one out
/// @param types of columns, by the table's names
record Mapping(Map<String, Optional<String>> names, Map<String, Type> types) {
    static final Mapping NONE = new Mapping(Map.of(), Map.of());

    Mapping {
        names = new LinkedHashMap<>(names);
        types = new LinkedHashMap<>(types);
    }

    /// A column of the file on its way into a table.
    ///
    /// @param position in the file, from 0
    /// @param isMapped whether the mapping names it
    /// @param isTyped whether its type was given
    record Incoming(int position, String name, Type type, boolean isMapped, boolean isTyped) {}

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it names what is not there, or
    /// columns have no name
    ///     or one twice
    List<Incoming> apply(List<Source.Column> columns) {
        Map<String, Optional<String>> left = new LinkedHashMap<>(names);
        Map<String, Type> typesLeft = new LinkedHashMap<>(types);
        List<Incoming> incoming = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            Source.Column column = columns.get(i);
            String byNumber = "#" + (i + 1);
            boolean mapped = left.containsKey(byNumber) || left.containsKey(column.name());
            Optional<String> to = Optional.of(column.name());
            if (mapped) to = left.containsKey(byNumber) ? left.remove(byNumber) : names.get(column.name());
            if (names.containsKey(column.name())) left.remove(column.name());
            if (to == null || to.isEmpty()) continue;
            Type given = types.get(to.get());
            typesLeft.remove(to.get());
            incoming.add(new Incoming(i, to.get(), given == null ? column.type() : given, mapped, given != null));
        }
        List<String> unknown = new ArrayList<>(left.keySet());
        unknown.addAll(typesLeft.keySet());
        if (!unknown.isEmpty()) {
            throw INVALID_ARGUMENT.because(
                    "The file has no column %s. It has %s.",
                    quoted(unknown),
                    quoted(columns.stream().map(Source.Column::name).limit(50).toList()));
        }
        requireNames(incoming);
        return incoming;
    }

    private static void requireNames(List<Incoming> columns) {
        List<Problem> problems = nameProblems(columns);
        if (problems.isEmpty()) return;
        throw INVALID_ARGUMENT.because("Columns need names of their own:" + Problem.text(problems)
                + "\nName them in a mapping by their place, as #3=name, or leave them out, as #3=.");
    }

    static List<Problem> nameProblems(List<Incoming> columns) {
        List<Problem> problems = new ArrayList<>();
        Map<String, Integer> first = new HashMap<>();
        for (Incoming column : columns) {
            int place = column.position() + 1;
            Integer other = first.putIfAbsent(column.name().toLowerCase(Locale.ROOT), place);
            if (column.name().isBlank()) problems.add(Problem.of("column #%d has no name".formatted(place)));
            else if (other != null) {
                problems.add(
                        Problem.of("columns #%d and #%d are both called '%s'".formatted(other, place, column.name())));
            }
        }
        return problems.subList(0, Math.min(Problem.MOST, problems.size()));
    }

    /// As [#nameProblems], of a file as it is.
    static List<Problem> problemsOf(List<Source.Column> columns) {
        List<Incoming> all = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            all.add(new Incoming(i, columns.get(i).name(), columns.get(i).type(), false, false));
        }
        return nameProblems(all);
    }

    private static String quoted(List<String> names) {
        Set<String> once = new HashSet<>();
        return String.join(
                ", ",
                names.stream().filter(once::add).map(name -> "'" + name + "'").toList());
    }
}
