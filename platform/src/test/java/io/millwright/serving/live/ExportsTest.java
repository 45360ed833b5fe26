package io.millwright.serving.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Model;
import io.millwright.runtime.Output;
import io.millwright.runtime.folder.Opened;
import io.millwright.runtime.format.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An export is found again for the same model and the same exporter, and for no other.
class ExportsTest {
    @TempDir
    Path folder;

    private Path model(String name, String content) throws IOException {
        Path model = Files.createDirectories(folder.resolve(name));
        Files.createDirectories(model.resolve("code"));
        Files.writeString(model.resolve("model.pkl"), content);
        Files.writeString(model.resolve("code/it.py"), "it");
        return model;
    }

    @Test
    void the_same_model_has_the_same_export() throws IOException {
        Exports exports = new Exports(folder.resolve("exports"), 10);
        Path model = model("one", "weights");
        String key = Exports.key(Exports.content(model), "exporter");
        assertThat(exports.restore(key, model)).isFalse();

        Files.writeString(model.resolve(ModelFile.NAME), "exported");
        exports.keep(key, model);

        Path again = model("again", "weights");
        assertThat(Exports.key(Exports.content(again), "exporter")).isEqualTo(key);
        assertThat(exports.restore(key, again)).isTrue();
        assertThat(again.resolve(ModelFile.NAME)).hasContent("exported");
        assertThat(Exports.key(Exports.content(model("other", "other weights")), "exporter"))
                .isNotEqualTo(key);
        assertThat(Exports.key(Exports.content(model("again2", "weights")), "a later exporter"))
                .isNotEqualTo(key);
        Files.move(model("moved", "weights").resolve("model.pkl"), folder.resolve("moved/code/model.pkl"));
        assertThat(Exports.key(Exports.content(folder.resolve("moved")), "exporter"))
                .isNotEqualTo(key);
    }

    @Test
    void a_model_that_was_read_keeps_its_reader() throws IOException {
        Exports exports = new Exports(folder.resolve("exports"), 10);
        Model model = new Model(
                List.of(Field.column("x", FieldType.FLOAT64)),
                List.of(),
                List.of(new Output("prediction", "x", FieldType.FLOAT64, true)),
                Map.of());
        assertThat(exports.model("k")).isEmpty();

        exports.keep("k", new Opened.Native(model, "XGBoost"));

        assertThat(exports.model("k")).contains(new Opened.Native(model, "XGBoost"));
    }

    @Test
    void what_cannot_be_exported_is_remembered_with_its_reason() throws IOException {
        Exports exports = new Exports(folder.resolve("exports"), 10);
        assertThat(exports.refusal("k")).isEmpty();

        exports.keepRefusal("k", "nobody knows a FancyEstimator");

        assertThat(exports.refusal("k")).contains("nobody knows a FancyEstimator");
        assertThat(exports.restore("k", folder)).isFalse();
    }

    @Test
    void what_was_not_used_for_longest_goes() throws IOException {
        Exports exports = new Exports(folder.resolve("exports"), 2);
        Path model = model("one", "weights");
        Files.writeString(model.resolve(ModelFile.NAME), "exported");
        exports.keep("first", model);
        exports.keep("second", model);
        Files.setLastModifiedTime(folder.resolve("exports/first"), FileTime.fromMillis(1_000));
        Files.setLastModifiedTime(folder.resolve("exports/second"), FileTime.fromMillis(2_000));
        exports.restore("first", model);

        exports.keep("third", model);

        try (Stream<Path> left = Files.list(folder.resolve("exports"))) {
            assertThat(left)
                    .extracting(each -> each.getFileName().toString())
                    .containsExactlyInAnyOrder("first", "third");
        }
    }
}
