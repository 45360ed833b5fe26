package io.millwright.serving.predict;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Model;
import io.millwright.runtime.Output;
import io.millwright.runtime.evaluate.Batch;
import io.millwright.runtime.evaluate.Block;
import io.millwright.runtime.evaluate.Evaluator;
import io.millwright.runtime.evaluate.RefusedValue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// A model computed by our own operators, in the caller's thread.
public final class NativePredictor implements Predictor {
    /// So many rows at a time: their values stay in the cache.
    private static final int MANY = 64;

    private static final long PROMPT_NANOS = 200_000;
    /// About as many bytes as a value has in a request.
    private static final int BYTES_PER_VALUE = 8;

    private final Evaluator evaluator;
    private final int valuesPerRow;
    private final InputBinding binding;
    private final ModelKind kind;

    /// Batches that nobody uses now. There are never more than were used at once.
    private final ConcurrentLinkedQueue<Batch> single = new ConcurrentLinkedQueue<>();

    private final ConcurrentLinkedQueue<Batch> many = new ConcurrentLinkedQueue<>();

    /// A running mean over requests of one row. Written without a lock: of two at once one counts.
    private volatile long usualNanos;

    public NativePredictor(Model model) {
        this.evaluator = Evaluator.of(model);
        this.valuesPerRow = model.inputs().stream().mapToInt(Field::width).sum();
        this.binding = new InputBinding(model.inputs());
        this.kind = ModelKind.of(model);
    }

    @Override
    public List<Field> inputs() {
        return evaluator.model().inputs();
    }

    @Override
    public List<Output> outputs() {
        return evaluator.model().outputs();
    }

    @Override
    public int width(Output output) {
        return evaluator.model().width(output);
    }

    @Override
    public ModelKind kind() {
        return kind;
    }

    @Override
    public Prediction predict(Frame rows, InputPolicy policy) {
        InputBinding.Bound bound = binding.bind(rows, policy);
        boolean one = rows.rows() == 1;
        ConcurrentLinkedQueue<Batch> pool = one ? single : many;
        Batch pooled = pool.poll();
        Batch batch = pooled != null ? pooled : evaluator.batch(one ? 1 : MANY);
        long began = System.nanoTime();
        try {
            return new Prediction(predict(bound, batch), bound.warnings());
        } finally {
            pool.add(batch);
            if (one) notice(System.nanoTime() - began);
        }
    }

    private void notice(long nanos) {
        // A thread that had to wait for its turn says little about the model.
        long counted = Math.min(nanos, 10 * PROMPT_NANOS);
        long usual = usualNanos;
        usualNanos = usual + (counted - usual) / 8;
    }

    @Override
    public boolean isPrompt(int bytes) {
        long rows = 1 + bytes / ((long) BYTES_PER_VALUE * Math.max(1, valuesPerRow));
        return rows * usualNanos <= PROMPT_NANOS;
    }

    private Frame predict(InputBinding.Bound bound, Batch batch) {
        List<Output> outputs = outputs();
        double[][] numbers = new double[outputs.size()][];
        @Nullable String[][] texts = new String[outputs.size()][];
        for (int i = 0; i < outputs.size(); i++) {
            int size = Math.multiplyExact(bound.rows(), batch.output(i).width());
            boolean text = outputs.get(i).type() == FieldType.TEXT;
            numbers[i] = new double[text ? 0 : size];
            texts[i] = new String[text ? size : 0];
        }
        for (int start = 0; start < bound.rows(); start += batch.capacity()) {
            int count = Math.min(batch.capacity(), bound.rows() - start);
            bound.fill(batch, start, count);
            evaluate(batch, start, count);
            for (int i = 0; i < outputs.size(); i++) {
                Block block = batch.output(i);
                int width = block.width();
                if (numbers[i].length > 0)
                    System.arraycopy(block.numbers(), 0, numbers[i], start * width, count * width);
                else System.arraycopy(block.texts(), 0, texts[i], start * width, count * width);
            }
        }
        List<Column> columns = new ArrayList<>(outputs.size());
        for (int i = 0; i < outputs.size(); i++) {
            Output output = outputs.get(i);
            int width = batch.output(i).width();
            columns.add(
                    output.type() == FieldType.TEXT
                            ? Column.of(output.name(), width, output.column(), texts[i])
                            : Column.of(output.name(), output.type(), width, output.column(), numbers[i]));
        }
        return new Frame(bound.rows(), columns);
    }

    private void evaluate(Batch batch, int start, int count) {
        try {
            evaluator.evaluate(batch, count);
        } catch (RefusedValue e) {
            throw INVALID_ARGUMENT.because("Column '%s', row %d: %s.", e.column(), start + e.row(), e.problem());
        }
    }

    @Override
    public void close() {
        single.clear();
        many.clear();
    }
}
