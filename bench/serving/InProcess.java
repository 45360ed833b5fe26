import io.millwright.runtime.Field;
import io.millwright.runtime.Model;
import io.millwright.runtime.evaluate.Batch;
import io.millwright.runtime.evaluate.Evaluator;
import io.millwright.runtime.format.ModelFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Nanoseconds a row, of a model computed in this process by one thread, with rows that differ: one at a time, and 64.
///
///     InProcess.java MODEL.safetensors ROWS.json ROUNDS
///
/// Prints `{"one": [ns, …], "many": [ns, …]}`, a figure for each round after as many uncounted ones.
public final class InProcess {
    private static final int MANY = 64;
    private static final long ROUND_NANOS = 500_000_000;

    public static void main(String[] arguments) throws Exception {
        Model model = ModelFile.read(Files.readAllBytes(Path.of(arguments[0])));
        double[][] rows = rows(Path.of(arguments[1]));
        int rounds = Integer.parseInt(arguments[2]);
        Evaluator evaluator = Evaluator.of(model);
        double[] one = new double[rounds];
        double[] many = new double[rounds];
        for (int round = -rounds; round < rounds; round++) {
            double single = nanosPerRow(evaluator, rows, 1);
            double batched = nanosPerRow(evaluator, rows, MANY);
            if (round < 0) continue;
            one[round] = single;
            many[round] = batched;
        }
        System.out.println("{\"one\": " + Arrays.toString(one) + ", \"many\": " + Arrays.toString(many) + "}");
    }

    private static double[][] rows(Path file) throws Exception {
        JsonNode rows = JsonMapper.shared().readTree(Files.readAllBytes(file)).get("rows");
        double[][] values = new double[rows.size()][rows.get(0).size()];
        for (int i = 0; i < values.length; i++) {
            for (int j = 0; j < values[i].length; j++) values[i][j] = rows.get(i).get(j).asDouble();
        }
        return values;
    }

    /// Filling the batch counts, too: so does a server's.
    private static double nanosPerRow(Evaluator evaluator, double[][] rows, int size) {
        Batch batch = evaluator.batch(size);
        long evaluated = 0;
        double sum = 0;
        long began = System.nanoTime();
        long now = began;
        while (now - began < ROUND_NANOS) {
            for (int start = 0; start + size <= rows.length; start += size) {
                for (int i = 0; i < size; i++) fill(evaluator, batch, rows[start + i], i);
                evaluator.evaluate(batch, size);
                sum += batch.output(0).numbers()[0];
                evaluated += size;
            }
            now = System.nanoTime();
        }
        if (Double.isNaN(sum)) throw new IllegalStateException("no numbers");
        return (double) (now - began) / evaluated;
    }

    private static void fill(Evaluator evaluator, Batch batch, double[] row, int place) {
        int from = 0;
        int input = 0;
        for (Field field : evaluator.model().inputs()) {
            int width = field.width();
            System.arraycopy(row, from, batch.input(input++).numbers(), place * width, width);
            from += width;
        }
    }
}
