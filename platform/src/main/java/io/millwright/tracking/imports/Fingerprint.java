package io.millwright.tracking.imports;

import io.millwright.kernel.Digests;
import io.millwright.tracking.DatasetInput;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.LoggedModelMetric;
import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A digest of everything a source says about one thing, so that a later import sees whether it changed.
final class Fingerprint {
    private final MessageDigest digest = Digests.sha256();

    private Fingerprint() {}

    static String of(SourceRun source) {
        Run run = source.run();
        RunInfo info = run.info();
        Fingerprint f = new Fingerprint();
        f.text(info.name()).text(info.userId()).text(info.status().name()).text(info.artifactUri());
        f.number(info.experiment()).number(info.startTimeMillis());
        f.number(info.endTimeMillis().orElse(Long.MIN_VALUE)).number(info.deleted() ? 1 : 0);
        f.pairs(run.params()).pairs(run.tags()).number(run.metrics().size());
        run.metrics().stream().sorted(Comparator.comparing(MetricPoint::key)).forEach(f::point);
        f.number(run.datasets().size());
        run.datasets().stream()
                .sorted(Comparator.comparing(DatasetInput::name).thenComparing(DatasetInput::digest))
                .forEach(d -> f.text(d.name()).text(d.digest()).text(d.source()).pairs(d.tags()));
        f.number(run.modelInputs().size());
        run.modelInputs().stream().sorted().forEach(f::text);
        f.number(run.modelOutputs().size());
        run.modelOutputs().stream()
                .sorted(Comparator.comparing(Run.ModelOutput::modelId).thenComparing(Run.ModelOutput::step))
                .forEach(out -> f.text(out.modelId()).number(out.step()));
        return f.text(source.historyStamp()).hex();
    }

    static String of(LoggedModel model) {
        Fingerprint f = new Fingerprint();
        f.text(model.name())
                .text(model.modelType())
                .text(model.sourceRun())
                .text(model.status().name());
        f.text(model.statusMessage())
                .text(model.artifactUri())
                .number(model.updatedAt().toEpochMilli());
        f.number(model.deleted() ? 1 : 0)
                .pairs(model.params())
                .pairs(model.tags())
                .number(model.metrics().size());
        model.metrics().stream()
                .sorted(Comparator.comparing((LoggedModelMetric m) -> m.point().key())
                        .thenComparing(LoggedModelMetric::runId)
                        .thenComparing(m -> m.point().timestampMillis())
                        .thenComparing(m -> m.point().step()))
                .forEach(m -> f.text(m.runId()).point(m.point()));
        return f.hex();
    }

    private Fingerprint point(MetricPoint point) {
        return text(point.key())
                .number(Double.doubleToLongBits(point.value()))
                .number(point.timestampMillis())
                .number(point.step());
    }

    private Fingerprint pairs(Map<String, String> pairs) {
        number(pairs.size());
        new TreeMap<>(pairs).forEach((key, value) -> text(key).text(value));
        return this;
    }

    /// Each text is preceded by its length, so that no two things run together to the same bytes.
    private Fingerprint text(@Nullable String text) {
        if (text == null) return number(-1);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        number(bytes.length);
        digest.update(bytes);
        return this;
    }

    private Fingerprint number(long number) {
        digest.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
        return this;
    }

    private String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
