package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;

/// What a dataset is called: `census.people` is `people` in the namespace `census`.
///
/// @param namespace parts joined by dots; a part is a namespace inside the one before it
public record DatasetName(String namespace, String name) {
    private static final int LONGEST = 128;
    private static final int DEEPEST = 8;
    /// Letters and digits of any script. No dot, which joins parts, and nothing that a path or URL would read
    /// otherwise.
    private static final Pattern PART = Pattern.compile("[\\p{L}\\p{N}_][\\p{L}\\p{N}\\p{M}_ -]*");

    public DatasetName {
        checkNamespace(namespace);
        checkPart(name);
    }

    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it is no name
    public static DatasetName parse(String text) {
        int dot = text.lastIndexOf('.');
        if (dot <= 0) {
            throw INVALID_ARGUMENT.because(
                    "'%s' is no name of a dataset, expected namespace.name as in census.people.", text);
        }
        return new DatasetName(text.substring(0, dot), text.substring(dot + 1));
    }

    static DatasetName of(TableIdentifier id) {
        return new DatasetName(text(id.namespace()), id.name());
    }

    TableIdentifier identifier() {
        return TableIdentifier.of(namespaceOf(namespace), name);
    }

    static String text(Namespace namespace) {
        return String.join(".", namespace.levels());
    }

    static Namespace namespaceOf(String text) {
        return text.isEmpty() ? Namespace.empty() : Namespace.of(text.split("\\."));
    }

    static void checkNamespace(String namespace) {
        String[] parts = namespace.split("\\.", -1);
        if (parts.length > DEEPEST) {
            throw INVALID_ARGUMENT.because(
                    "The namespace '%s' is %d deep, expected at most %d.", namespace, parts.length, DEEPEST);
        }
        for (String part : parts) checkPart(part);
    }

    private static void checkPart(String part) {
        if (part.length() <= LONGEST && PART.matcher(part).matches() && part.equals(part.strip())) return;
        throw INVALID_ARGUMENT.because(
                "'%s' cannot be a name, or a part of one: expected 1 to %d letters, digits, '_', '-' or blanks inside,"
                        + " beginning with a letter, a digit or '_'.",
                part.length() > LONGEST ? part.substring(0, LONGEST) + "…" : part, LONGEST);
    }

    public String urn() {
        return "dataset:" + this;
    }

    /// The URNs that pass rights on to it, nearest first.
    public String[] parents() {
        return parentsOf(namespace, true);
    }

    static String[] parentsOf(String namespace, boolean itself) {
        List<String> urns = new ArrayList<>();
        if (itself) urns.add("namespace:" + namespace);
        for (int dot = namespace.lastIndexOf('.'); dot > 0; dot = namespace.lastIndexOf('.', dot - 1)) {
            urns.add("namespace:" + namespace.substring(0, dot));
        }
        return urns.toArray(String[]::new);
    }

    @Override
    public String toString() {
        return namespace + "." + name;
    }
}
