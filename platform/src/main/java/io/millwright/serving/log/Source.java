package io.millwright.serving.log;

import io.millwright.runtime.Field;
import io.millwright.serving.endpoints.Revision;
import io.millwright.serving.endpoints.Variant;
import io.millwright.serving.predict.Frame;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// Who gives answers that are kept: a variant of a revision, be it as a shadow.
public final class Source {
    /// Clients may send any shape; beyond so many they are found anew for each request.
    private static final int MOST_LAYOUTS = 64;

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final int number = NUMBERS.incrementAndGet();
    private final Answerer answerer;
    private final int tag;
    private final List<Field> fields;
    private final Set<String> redacted;
    private final List<Layout> inputs = new CopyOnWriteArrayList<>();
    private final List<Layout> outputs = new CopyOnWriteArrayList<>();

    /// In which segment it is defined; guarded by the log's lock.
    long definedIn = -1;

    /// @param fields that the model reads
    public Source(String workspace, String endpoint, Revision revision, Variant variant, List<Field> fields) {
        this.answerer = new Answerer(
                workspace, endpoint, revision.number(), variant.name(), variant.model(), variant.version());
        this.tag = PredictionId.tag(endpoint);
        this.fields = fields;
        this.redacted = Set.copyOf(revision.setup().policy().redact());
    }

    Answerer answerer() {
        return answerer;
    }

    public PredictionId nextId(long millis) {
        return PredictionId.next(millis, tag);
    }

    int number() {
        return number;
    }

    /// What its definition takes in a segment at most.
    int mostBytes() {
        return 64
                + EntryWriter.mostBytes(answerer.workspace())
                + EntryWriter.mostBytes(answerer.endpoint())
                + EntryWriter.mostBytes(answerer.variant())
                + EntryWriter.mostBytes(answerer.model())
                + EntryWriter.mostBytes(answerer.version());
    }

    Layout inputs(Frame frame) {
        return layout(inputs, frame, fields);
    }

    Layout outputs(Frame frame) {
        return layout(outputs, frame, List.of());
    }

    private Layout layout(List<Layout> known, Frame frame, List<Field> named) {
        for (Layout layout : known) if (layout.fits(frame)) return layout;
        Layout made = Layout.of(NUMBERS.incrementAndGet(), frame, named, redacted);
        if (known.size() < MOST_LAYOUTS) known.add(made);
        return made;
    }
}
