package io.millwright.lake.ingest;

import io.millwright.lake.duck.ColumnTypes;
import io.millwright.lake.ingest.Mapping.Incoming;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/// How the columns of a file differ from those of a table.
///
/// @param added the file has and the table has not
/// @param missing the table has and the file has not
/// @param retyped have another type in the file, one whose values the table's type does not hold
/// @param isReordered whether columns of both stand in another order; that changes nothing
/// @param renames pairs of the missing and the added that look like one column
record SchemaDiff(
        List<Incoming> added,
        List<Types.NestedField> missing,
        List<Retyped> retyped,
        boolean isReordered,
        List<Rename> renames) {
    SchemaDiff {
        added = List.copyOf(added);
        missing = List.copyOf(missing);
        retyped = List.copyOf(retyped);
        renames = List.copyOf(renames);
    }

    /// @param widens whether Iceberg can make the table's type the file's without touching what is there
    record Retyped(String name, Type table, Type file, boolean widens) {}

    /// @param likelihood from 0 to 1
    /// @param why it looks so
    record Rename(String table, String file, double likelihood, List<String> why) {
        Rename {
            why = List.copyOf(why);
        }
    }

    static SchemaDiff of(Schema table, List<Incoming> file, FileKind kind) {
        Map<String, Incoming> byName = new HashMap<>();
        file.forEach(column -> byName.put(column.name(), column));
        List<Types.NestedField> missing = new ArrayList<>();
        List<Retyped> retyped = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        Set<String> known = new HashSet<>();
        for (Types.NestedField field : table.columns()) {
            known.add(field.name());
            Incoming column = byName.get(field.name());
            if (column == null) {
                missing.add(field);
                continue;
            }
            places.add(column.position());
            if (fits(column, field.type(), kind)) continue;
            boolean widens = column.type().isPrimitiveType()
                    && TypeUtil.isPromotionAllowed(field.type(), column.type().asPrimitiveType());
            retyped.add(new Retyped(field.name(), field.type(), column.type(), widens));
        }
        List<Incoming> added =
                file.stream().filter(column -> !known.contains(column.name())).toList();
        boolean reordered = !places.equals(places.stream().sorted().toList());
        return new SchemaDiff(added, missing, retyped, reordered, List.of());
    }

    SchemaDiff with(List<Rename> found) {
        return new SchemaDiff(added, missing, retyped, isReordered, found);
    }

    /// Whether the table's type holds each value of the file's, or it was said to cast them.
    private static boolean fits(Incoming column, Type table, FileKind kind) {
        Type file = column.type();
        if (ColumnTypes.text(file).equals(ColumnTypes.text(table))) return true;
        if (!file.isPrimitiveType() || !table.isPrimitiveType() || column.isTyped()) return false;
        if (column.isMapped() || TypeUtil.isPromotionAllowed(file, table.asPrimitiveType())) return true;
        Type.TypeID from = file.typeId();
        Type.TypeID to = table.typeId();
        boolean whole = from == Type.TypeID.INTEGER || from == Type.TypeID.LONG;
        if (whole && to == Type.TypeID.DOUBLE) return true;
        if (kind != FileKind.CSV) return false;
        // Types of text are guesses, the widest of their sort; each value is checked when it is read as the table's.
        return to == Type.TypeID.STRING
                || from == Type.TypeID.LONG
                        && (to == Type.TypeID.INTEGER || to == Type.TypeID.DECIMAL || to == Type.TypeID.FLOAT)
                || from == Type.TypeID.DOUBLE && (to == Type.TypeID.FLOAT || to == Type.TypeID.DECIMAL);
    }

    boolean isEmpty() {
        return added.isEmpty() && missing.isEmpty() && retyped.isEmpty();
    }

    /// Whether it may be committed.
    boolean allows(boolean evolve) {
        return isEmpty() || evolve && renames.isEmpty() && retyped.stream().allMatch(Retyped::widens);
    }

    /// For people, a line for each difference.
    String text() {
        StringBuilder text = new StringBuilder();
        Set<String> paired = new HashSet<>();
        for (Rename rename : renames) {
            paired.add(rename.table());
            paired.add(rename.file());
            text.append("\n  ~ '%s' is probably '%s' renamed (%s)"
                    .formatted(rename.file(), rename.table(), String.join(", ", rename.why())));
        }
        for (Types.NestedField field : missing) {
            if (!paired.contains(field.name())) {
                text.append("\n  - '%s' (%s) is missing in the file"
                        .formatted(field.name(), ColumnTypes.text(field.type())));
            }
        }
        for (Incoming column : added) {
            if (!paired.contains(column.name())) {
                text.append("\n  + '%s' (%s) is not in the dataset"
                        .formatted(column.name(), ColumnTypes.text(column.type())));
            }
        }
        for (Retyped column : retyped) {
            text.append("\n  ! '%s' is %s in the dataset and %s in the file%s"
                    .formatted(
                            column.name(),
                            ColumnTypes.text(column.table()),
                            ColumnTypes.text(column.file()),
                            column.widens() ? ", which evolving can widen" : ""));
        }
        if (isReordered) text.append("\n  = the order differs, which changes nothing");
        return text.toString();
    }

    /// What to do about it.
    String advice() {
        if (!renames.isEmpty()) {
            Rename first = renames.getFirst();
            return "\nSay which columns are which in a mapping, such as %s=%s; %s=%s keeps a new one under its own name."
                    .formatted(first.file(), first.table(), first.file(), first.file());
        }
        if (allows(true)) return "\nEvolve the dataset (--evolve), or leave columns out in a mapping, as name=.";
        return "\nCast columns by naming them in a mapping, as name=name, leave them out, as name=, or correct the file.";
    }
}
