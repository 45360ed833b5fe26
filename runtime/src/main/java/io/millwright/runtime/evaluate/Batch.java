package io.millwright.runtime.evaluate;

/// Room for some rows: the caller fills the inputs, [Evaluator#evaluate] computes, the caller reads
/// the outputs.
///
/// It is made once and used again and again, by one thread at a time; nothing is allocated in between.
public final class Batch {
    private final int capacity;
    private final Block[] inputs;
    private final Block[] outputs;
    private final Step[] steps;

    Batch(int capacity, Block[] inputs, Block[] outputs, Step[] steps) {
        this.capacity = capacity;
        this.inputs = inputs;
        this.outputs = outputs;
        this.steps = steps;
    }

    /// How many rows it has room for.
    public int capacity() {
        return capacity;
    }

    /// The values of the model's input of that number.
    public Block input(int index) {
        return inputs[index];
    }

    /// The values of the model's output of that number, after it was evaluated.
    public Block output(int index) {
        return outputs[index];
    }

    void run(int rows) {
        if (rows < 0 || rows > capacity) {
            throw new IllegalArgumentException("%d rows in a batch of %d".formatted(rows, capacity));
        }
        for (Step step : steps) step.run(rows);
    }
}
