package io.millwright.serving.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.read.UnreadableModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// MOJOs that are none, or that would do harm.
class MojoFileTest {
    private static final int CENTRAL = 0x02014b50;
    private static final int SIZE_AT = 24;

    @TempDir
    private Path folder;

    private Path zip(Map<String, byte[]> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                out.putNextEntry(new ZipEntry(entry.getKey()));
                out.write(entry.getValue());
            }
        }
        return file(bytes.toByteArray());
    }

    private Path file(byte[] content) throws IOException {
        return Files.write(folder.resolve("model.zip"), content);
    }

    /// The entries of a good one, to be spoilt.
    private static Map<String, byte[]> entries() throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(Mojos.zip("gbm_binomial")))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                entries.put(entry.getName(), in.readAllBytes());
            }
        }
        return entries;
    }

    private Path described(String from, String to) throws IOException {
        Map<String, byte[]> entries = entries();
        String text = new String(entries.get("model.ini"), StandardCharsets.UTF_8);
        assertThat(text).contains(from);
        entries.put("model.ini", text.replace(from, to).getBytes(StandardCharsets.UTF_8));
        return zip(entries);
    }

    private static void assertRefused(Path file, String... words) {
        assertThatThrownBy(() -> MojoPredictor.of(MojoFile.read(file)))
                .isInstanceOf(UnreadableModel.class)
                .hasMessageContainingAll(words);
    }

    @Test
    void what_is_no_zip_or_no_mojo_is_refused() throws IOException {
        assertRefused(file("public class Model {}".getBytes(StandardCharsets.UTF_8)), "model.zip", "no zip file");
        assertRefused(file(new byte[0]), "no zip file");
        assertRefused(zip(Map.of("Model.java", new byte[] {1})), "no model.ini", "POJO");
    }

    @Test
    void an_entry_outside_of_the_folder_is_refused() throws IOException {
        for (String name : new String[] {"../x", "a/../../x", "/etc/x", "..\\x", ".."}) {
            Map<String, byte[]> entries = entries();
            entries.put(name, new byte[1]);
            assertRefused(zip(entries), "outside of its folder", name);
        }
    }

    /// The same zip, whose table of contents tells another size of its first entry.
    private static byte[] telling(byte[] zip, int size) {
        ByteBuffer bytes = ByteBuffer.wrap(zip.clone()).order(ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        while (bytes.getInt(at) != CENTRAL) at++;
        return bytes.putInt(at + SIZE_AT, size).array();
    }

    @Test
    void a_bomb_is_refused_before_it_is_unpacked() throws IOException {
        assertRefused(file(telling(Mojos.zip("gbm_binomial"), Integer.MAX_VALUE - 1)), "unpacks to more than");
        byte[] zeros = new byte[1 << 20];
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("zeros", zeros);
        entries.putAll(entries());
        byte[] bomb = Files.readAllBytes(zip(entries));
        assertThat(MojoPredictor.of(MojoFile.read(file(bomb))).inputs()).hasSize(6);
        assertRefused(file(telling(bomb, 100)), "damaged", "'zeros' has more bytes than the 100");
        assertRefused(file(telling(bomb, 2 << 20)), "damaged", "'zeros' has fewer");
    }

    @Test
    void tables_about_the_training_are_not_looked_at() throws IOException {
        Map<String, byte[]> entries = entries();
        entries.put("experimental/modelDetails.json", "no JSON".getBytes(StandardCharsets.UTF_8));

        assertThat(MojoPredictor.of(MojoFile.read(zip(entries))).inputs()).hasSize(6);
    }

    @Test
    void what_is_not_run_here_is_refused_by_name() throws IOException {
        MojoFile file = MojoFile.read(Mojos.file(Mojos.REFUSED, folder));
        assertThat(file.whyNot().orElse("")).contains("'Generalized Low Rank Modeling'", "Gradient Boosting Machine");
        assertThatThrownBy(() -> MojoPredictor.of(file)).isInstanceOf(UnreadableModel.class);
        assertRefused(described("category = Binomial", "category = WordEmbedding"), "category 'WordEmbedding'");
        assertRefused(described("mojo_version = 1.40", "mojo_version = 9.00"), "9.00");
    }

    @Test
    void a_damaged_one_is_refused() throws IOException {
        assertRefused(described("n_trees = 4", "n_trees = four"), "does not read the MOJO 'model.zip'");
        assertRefused(described("n_classes = 2", "n_classes = 4"), "names 3 outputs and computes 5");
        assertRefused(described("n_columns = 7", "n_columns = 2147483647"), "more memory than there is");
        assertRefused(described("n_columns = 7", "n_columns = seven"), "seven");
        assertRefused(described("4: 4 d000.txt", "4: 4 d009.txt"), "domains/d009.txt");
        Map<String, byte[]> entries = entries();
        entries.put("trees/t00_000.bin", new byte[3]);
        try (MojoPredictor predictor = MojoPredictor.of(MojoFile.read(zip(entries)))) {
            Frame rows = new Frame(
                    1, predictor.inputs().stream().map(MojoFileTest::missing).toList());
            assertThatThrownBy(() -> predictor.predict(rows, InputPolicy.DEFAULT))
                    .hasMessageContaining("The model refused row 0");
        }
    }

    private static Column missing(Field field) {
        return Column.of(field.name(), FieldType.FLOAT64, 1, true, new double[] {Double.NaN});
    }
}
