package io.millwright.runtime.evaluate;

/// An operator bound to the blocks it reads and writes. For one thread.
@FunctionalInterface
interface Step {
    void run(int rows);

    /// An operator made ready to be bound: its numbers laid out as its loops want them, shared by all
    /// threads.
    @FunctionalInterface
    interface Plan {
        Step bind(Block[] in, Block out);
    }
}
