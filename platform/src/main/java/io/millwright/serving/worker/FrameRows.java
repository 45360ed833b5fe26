package io.millwright.serving.worker;

import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Frames put together row by row, and taken apart again.
final class FrameRows {
    private FrameRows() {}

    /// Whether the rows of both can stand in one frame.
    static boolean areAlike(Frame one, Frame other) {
        if (one.named() != other.named()
                || one.columns().size() != other.columns().size()) return false;
        if (!one.params().equals(other.params())) return false;
        for (int i = 0; i < one.columns().size(); i++)
            if (!areAlike(one.columns().get(i), other.columns().get(i))) return false;
        return true;
    }

    private static boolean areAlike(Column one, Column other) {
        return one.type() == other.type()
                && one.width() == other.width()
                && one.isFlat() == other.isFlat()
                && one.name().equals(other.name());
    }

    /// @param frames that are alike
    static Frame join(List<Frame> frames) {
        Frame first = frames.getFirst();
        int rows = frames.stream().mapToInt(Frame::rows).sum();
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < first.columns().size(); i++) {
            Column shape = first.columns().get(i);
            int size = Math.multiplyExact(rows, shape.width());
            double[] numbers = new double[shape.isText() ? 0 : size];
            @Nullable String[] texts = new String[shape.isText() ? size : 0];
            int at = 0;
            for (Frame frame : frames) {
                Column column = frame.columns().get(i);
                int count = frame.rows() * shape.width();
                if (shape.isText()) System.arraycopy(column.texts(), 0, texts, at, count);
                else System.arraycopy(column.numbers(), 0, numbers, at, count);
                at += count;
            }
            columns.add(with(shape, numbers, texts));
        }
        return new Frame(rows, columns, first.named(), first.form(), first.params());
    }

    private static Column with(Column shape, double[] numbers, @Nullable String[] texts) {
        return shape.isText()
                ? Column.of(shape.name(), shape.width(), shape.isFlat(), texts)
                : Column.of(shape.name(), shape.type(), shape.width(), shape.isFlat(), numbers);
    }

    /// Some of its rows.
    static Frame part(Frame frame, int from, int rows) {
        List<Column> columns = new ArrayList<>();
        for (Column column : frame.columns()) {
            int first = from * column.width();
            int end = (from + rows) * column.width();
            columns.add(with(
                    column,
                    column.isText() ? new double[0] : Arrays.copyOfRange(column.numbers(), first, end),
                    column.isText() ? Arrays.copyOfRange(column.texts(), first, end) : new String[0]));
        }
        return new Frame(rows, columns, frame.named(), frame.form(), frame.params());
    }
}
