package io.millwright.serving.worker;

import io.millwright.runtime.Field;
import io.millwright.runtime.FieldType;
import io.millwright.runtime.Output;
import io.millwright.runtime.folder.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a model's author declared, in the server's words. What a worker is sent is checked in Python.
final class DeclaredFields {
    private DeclaredFields() {}

    static List<Field> inputs(Signature signature) {
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < signature.inputs().size(); i++) {
            Signature.Entry entry = signature.inputs().get(i);
            String name = !entry.name().isBlank()
                    ? entry.name()
                    : signature.inputs().size() == 1 ? "inputs" : String.valueOf(i);
            fields.add(new Field(name, type(entry), width(entry), true, "", Optional.empty(), Optional.empty()));
        }
        return fields;
    }

    static List<Output> outputs(Signature signature) {
        List<Output> outputs = new ArrayList<>();
        for (int i = 0; i < signature.outputs().size(); i++) {
            Signature.Entry entry = signature.outputs().get(i);
            String name = !entry.name().isBlank()
                    ? entry.name()
                    : signature.outputs().size() == 1 ? "predictions" : String.valueOf(i);
            outputs.add(new Output(name, name, type(entry), entry.shape().size() < 2));
        }
        return outputs;
    }

    /// Moments and bytes travel as texts.
    private static FieldType type(Signature.Entry entry) {
        return entry.type().orElse(FieldType.TEXT);
    }

    private static int width(Signature.Entry entry) {
        long width = 1;
        for (int i = 1; i < entry.shape().size(); i++) {
            long extent = entry.shape().get(i);
            if (extent < 1 || width * extent > Integer.MAX_VALUE) return 1;
            width *= extent;
        }
        return (int) width;
    }
}
