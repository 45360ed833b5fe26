package io.millwright.serving.log;

import io.millwright.runtime.Field;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Where the kept columns are in frames of one shape. Found once, used for each request of that shape.
final class Layout {
    private final int number;
    private final List<Shape> shapes;
    private final List<Kept> columns;
    private final int mostBytes;

    /// In which segment it is defined; guarded by the log's lock.
    long definedIn = -1;

    /// A column of the frame.
    private record Shape(String name, boolean text, int width, boolean flat) {
        private static Shape of(Column column) {
            return new Shape(column.name(), column.isText(), column.width(), column.isFlat());
        }

        private boolean fits(Column column) {
            return width == column.width()
                    && text == column.isText()
                    && flat == column.isFlat()
                    && name.equals(column.name());
        }
    }

    /// A column as it is kept.
    ///
    /// @param list whether it has several values a row
    /// @param source the place of the frame's column
    /// @param first its first value in a row of that column
    /// @param width values a row
    record Kept(String name, boolean text, boolean list, int source, int first, int width) {}

    private Layout(int number, List<Shape> shapes, List<Kept> columns) {
        this.number = number;
        this.shapes = shapes;
        this.columns = columns;
        this.mostBytes = columns.stream()
                .mapToInt(each -> EntryWriter.mostBytes(each.name()) + 8)
                .reduce(32, Math::addExact);
    }

    /// @param fields of the model: one tensor with all of them in a row is kept under their names; empty to keep
    /// columns
    ///     as they are
    /// @param redacted names of columns that are not kept
    static Layout of(int number, Frame frame, List<Field> fields, Set<String> redacted) {
        List<Kept> kept = new ArrayList<>();
        for (int i = 0; i < frame.columns().size(); i++) {
            Column column = frame.columns().get(i);
            boolean known = fields.stream().anyMatch(field -> field.name().equals(column.name()));
            if (!known && frame.columns().size() == 1 && fields.size() > 1 && column.width() == fields.size()) {
                for (int j = 0; j < fields.size(); j++) {
                    kept.add(new Kept(fields.get(j).name(), column.isText(), false, i, j, 1));
                }
            } else {
                kept.add(new Kept(
                        column.name(), column.isText(), !column.isFlat() && column.width() != 1, i, 0, column.width()));
            }
        }
        return new Layout(
                number,
                frame.columns().stream().map(Shape::of).toList(),
                kept.stream().filter(each -> !redacted.contains(each.name())).toList());
    }

    boolean fits(Frame frame) {
        List<Column> asked = frame.columns();
        if (asked.size() != shapes.size()) return false;
        for (int i = 0; i < shapes.size(); i++) if (!shapes.get(i).fits(asked.get(i))) return false;
        return true;
    }

    int number() {
        return number;
    }

    /// What its definition takes in a segment at most.
    int mostBytes() {
        return mostBytes;
    }

    List<Kept> columns() {
        return columns;
    }
}
