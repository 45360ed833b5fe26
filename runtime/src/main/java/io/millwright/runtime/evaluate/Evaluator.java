package io.millwright.runtime.evaluate;

import io.millwright.runtime.Columns;
import io.millwright.runtime.Field;
import io.millwright.runtime.Model;
import io.millwright.runtime.Node;
import io.millwright.runtime.Output;
import io.millwright.runtime.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Computes a model. Made once for a model, used by any number of threads, each with a batch of its
/// own.
public final class Evaluator {
    private final Model model;
    private final List<Shape> shapes;
    private final List<Step.Plan> plans;

    /// By node, and at last by output: which fields and nodes it reads, fields counted first.
    private final int[][] reads;

    private Evaluator(Model model) {
        this.model = model;
        this.shapes = model.shapes();
        this.reads = reads(model);
        List<List<String>> columns = new ArrayList<>();
        for (Field field : model.inputs()) columns.add(numbered(field.name(), field.width()));
        List<Step.Plan> made = new ArrayList<>();
        for (int i = 0; i < model.nodes().size(); i++) {
            Node node = model.nodes().get(i);
            made.add(Plans.of(node.operator(), columns.get(reads[i][0])));
            columns.add(
                    columns(node, Arrays.stream(reads[i]).mapToObj(columns::get).toList(), shapes.get(columns.size())));
        }
        this.plans = List.copyOf(made);
    }

    /// Lays the model's numbers out for its loops. Memory: about what the model takes, once more.
    public static Evaluator of(Model model) {
        return new Evaluator(model);
    }

    public Model model() {
        return model;
    }

    /// Room for so many rows. Beyond some hundred rows a larger batch is not faster: its values leave
    /// the cache.
    ///
    /// @param capacity >= 1
    public Batch batch(int capacity) {
        if (capacity < 1) throw new IllegalArgumentException("a batch of " + capacity);
        Block[] blocks =
                shapes.stream().map(shape -> new Block(shape, capacity)).toArray(Block[]::new);
        int fields = model.inputs().size();
        Step[] steps = new Step[plans.size()];
        for (int i = 0; i < steps.length; i++) steps[i] = plans.get(i).bind(pick(blocks, reads[i]), blocks[fields + i]);
        return new Batch(capacity, Arrays.copyOf(blocks, fields), pick(blocks, reads[plans.size()]), steps);
    }

    private static Block[] pick(Block[] blocks, int[] which) {
        return Arrays.stream(which).mapToObj(i -> blocks[i]).toArray(Block[]::new);
    }

    /// Computes the first rows of the batch.
    ///
    /// @param batch one of this evaluator's
    /// @throws RefusedValue for a value the model refuses; the outputs then mean nothing
    public void evaluate(Batch batch, int rows) {
        batch.run(rows);
    }

    private static int[][] reads(Model model) {
        Map<String, Integer> places = new HashMap<>();
        for (Field field : model.inputs()) places.put(field.name(), places.size());
        int[][] reads = new int[model.nodes().size() + 1][];
        for (int i = 0; i < model.nodes().size(); i++) {
            reads[i] =
                    model.nodes().get(i).inputs().stream().mapToInt(places::get).toArray();
            places.put(model.nodes().get(i).name(), places.size());
        }
        reads[model.nodes().size()] = model.outputs().stream()
                .map(Output::source)
                .mapToInt(places::get)
                .toArray();
        return reads;
    }

    /// What people call the columns of a node, as far as they can be followed, for what is said of a
    /// value.
    private static List<String> columns(Node node, List<List<String>> from, Shape shape) {
        return switch (node.operator()) {
            case Columns.Select(var selected) ->
                Arrays.stream(selected.toArray()).mapToObj(from.getFirst()::get).toList();
            case Columns.Concat _ -> from.stream().flatMap(List::stream).toList();
            default -> from.getFirst().size() == shape.width() ? from.getFirst() : numbered(node.name(), shape.width());
        };
    }

    private static List<String> numbered(String name, int width) {
        if (width == 1) return List.of(name);
        return IntStream.range(0, width).mapToObj(i -> name + "[" + i + "]").toList();
    }
}
