package io.millwright.registry.promotion;

import io.millwright.tracking.MetricPoint;
import io.millwright.tracking.Run;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What must hold of a version before it is promoted. It judges only [facts][CheckFacts] that were read before, so the
/// same facts give the same verdict.
sealed interface Check {
    /// As in the policy's file.
    String rule();

    Outcome judge(CheckFacts facts);

    /// What a check found.
    ///
    /// @param read what it looked at, for the evidence: texts, numbers, lists and maps of them
    /// @param explanation for people: what was found and what was expected
    record Outcome(String rule, boolean passed, Map<String, Object> read, String explanation) {}

    private static Outcome outcome(Check check, boolean passed, Map<String, Object> read, String explanation) {
        return new Outcome(check.rule(), passed, read, explanation);
    }

    /// Which side of the limit is the good one.
    enum Bound {
        AT_LEAST("at least"),
        AT_MOST("at most");

        private final String words;

        Bound(String words) {
            this.words = words;
        }

        /// NaN never.
        boolean holds(double value, double limit) {
            return this == AT_LEAST ? value >= limit : value <= limit;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /// A metric of the version's run against a number.
    record MetricLimit(String metric, Bound bound, double limit) implements Check {
        @Override
        public String rule() {
            return "metric %s %s %s".formatted(metric, bound, limit);
        }

        @Override
        public Outcome judge(CheckFacts facts) {
            Optional<MetricPoint> point = metricOf(facts.run(), metric);
            Map<String, Object> read = metricRead(metric, point, facts.run());
            read.put("limit", limit);
            if (point.isEmpty()) return outcome(this, false, read, missing(metric, "the version"));
            double value = point.get().value();
            return outcome(
                    this,
                    bound.holds(value, limit),
                    read,
                    "%s is %s, expected %s %s".formatted(metric, value, bound, limit));
        }
    }

    /// A metric of the version's run against the same metric of the version that holds the alias now.
    ///
    /// @param tolerance ≥ 0: by how much it may be worse
    record MetricAgainstHolder(String metric, Bound bound, double tolerance) implements Check {
        @Override
        public String rule() {
            return "metric %s %s the holder's, tolerance %s".formatted(metric, bound, tolerance);
        }

        @Override
        public Outcome judge(CheckFacts facts) {
            Optional<MetricPoint> point = metricOf(facts.run(), metric);
            Map<String, Object> read = metricRead(metric, point, facts.run());
            if (point.isEmpty()) return outcome(this, false, read, missing(metric, "the version"));
            if (facts.holder().isEmpty()) return outcome(this, true, read, "no version holds the alias yet");
            long holder = facts.holder().get().number();
            Optional<MetricPoint> theirs = metricOf(facts.holderRun(), metric);
            read.put("holder", holder);
            read.put("holder_read", metricRead(metric, theirs, facts.holderRun()));
            if (theirs.isEmpty())
                return outcome(this, false, read, missing(metric, "the holder, version " + holder + ","));
            double limit = theirs.get().value() + (bound == Bound.AT_LEAST ? -tolerance : tolerance);
            read.put("limit", limit);
            double value = point.get().value();
            return outcome(
                    this,
                    bound.holds(value, limit),
                    read,
                    "%s is %s, expected %s %s (version %d has %s, tolerance %s)"
                            .formatted(
                                    metric,
                                    value,
                                    bound,
                                    limit,
                                    holder,
                                    theirs.get().value(),
                                    tolerance));
        }
    }

    /// Tags of the version, each with some text.
    record RequiredTags(List<String> keys) implements Check {
        public RequiredTags {
            keys = List.copyOf(keys);
        }

        @Override
        public String rule() {
            return "tags " + String.join(", ", keys);
        }

        @Override
        public Outcome judge(CheckFacts facts) {
            Map<String, Object> found = new TreeMap<>();
            List<String> lacking = new ArrayList<>();
            for (String key : keys) {
                String value = facts.version().tags().getOrDefault(key, "");
                if (value.isBlank()) lacking.add(key);
                else found.put(key, value);
            }
            return outcome(
                    this,
                    lacking.isEmpty(),
                    Map.of("tags", found),
                    lacking.isEmpty()
                            ? "every tag is set"
                            : "the version lacks %s; set it with set_model_version_tag"
                                    .formatted(String.join(", ", lacking)));
        }
    }

    record Described() implements Check {
        @Override
        public String rule() {
            return "description";
        }

        @Override
        public Outcome judge(CheckFacts facts) {
            String text = Optional.ofNullable(facts.version().description()).orElse("");
            return outcome(
                    this,
                    !text.isBlank(),
                    Map.of("description", text),
                    text.isBlank() ? "the version has no description; update_model_version sets one" : "it has one");
        }
    }

    /// The tag `owner` of the version or of its model.
    record Owned() implements Check {
        @Override
        public String rule() {
            return "owner";
        }

        @Override
        public Outcome judge(CheckFacts facts) {
            String owner = facts.version()
                    .tags()
                    .getOrDefault("owner", facts.model().tags().getOrDefault("owner", ""));
            return outcome(
                    this,
                    !owner.isBlank(),
                    Map.of("owner", owner),
                    owner.isBlank() ? "neither the version nor its model has a tag 'owner'" : "it is " + owner);
        }
    }

    /// The signature in the model's own `MLmodel` file.
    record Signed() implements Check {
        @Override
        public String rule() {
            return "signature";
        }

        @Override
        public Outcome judge(CheckFacts facts) {
            Map<String, Object> read = new LinkedHashMap<>(facts.files().read());
            return outcome(
                    this,
                    facts.files().signed(),
                    read,
                    facts.files().signed()
                            ? "it has one"
                            : facts.files().trouble().orElse("its MLmodel file holds no signature of inputs")
                                    + "; log the model with signature= or input_example=");
        }
    }

    /// What a version comes from.
    enum Part {
        CODE,
        DATA,
        ENVIRONMENT
    }

    /// The run's Git commit, its data inputs, the model's environment.
    record Provenance(List<Part> parts) implements Check {
        static final String COMMIT = "mlflow.source.git.commit";

        public Provenance {
            parts = List.copyOf(parts);
        }

        @Override
        public String rule() {
            return "provenance "
                    + String.join(
                            ", ",
                            parts.stream()
                                    .map(p -> p.name().toLowerCase(java.util.Locale.ROOT))
                                    .toList());
        }

        @Override
        public Outcome judge(CheckFacts facts) {
            Map<String, Object> read = new LinkedHashMap<>();
            List<String> lacking = new ArrayList<>();
            facts.run().ifPresent(run -> read.put("run", run.info().id()));
            for (Part part : parts) {
                switch (part) {
                    case CODE -> {
                        String commit = facts.run()
                                .map(run -> run.tags().getOrDefault(COMMIT, ""))
                                .orElse("");
                        read.put("commit", commit);
                        if (commit.isBlank()) lacking.add("a run with the tag " + COMMIT);
                    }
                    case DATA -> {
                        List<Map<String, Object>> inputs = facts.run().stream()
                                .flatMap(run -> run.datasets().stream())
                                .map(d -> Map.<String, Object>of("name", d.name(), "digest", d.digest()))
                                .toList();
                        read.put("datasets", inputs);
                        if (inputs.isEmpty()) lacking.add("a run with a data input (mlflow.log_input)");
                    }
                    case ENVIRONMENT -> {
                        read.put("environment", facts.files().environment());
                        if (facts.files().environment().isEmpty())
                            lacking.add("a requirements.txt or conda.yaml beside its MLmodel file");
                    }
                }
            }
            return outcome(
                    this,
                    lacking.isEmpty(),
                    read,
                    lacking.isEmpty() ? "it is complete" : "the version lacks " + String.join(" and ", lacking));
        }
    }

    private static Optional<MetricPoint> metricOf(Optional<Run> run, String metric) {
        return run.flatMap(r ->
                r.metrics().stream().filter(point -> point.key().equals(metric)).findFirst());
    }

    private static Map<String, Object> metricRead(String metric, Optional<MetricPoint> point, Optional<Run> run) {
        Map<String, Object> read = new LinkedHashMap<>();
        read.put("metric", metric);
        run.ifPresent(r -> read.put("run", r.info().id()));
        point.ifPresent(p -> {
            read.put("value", p.value());
            read.put("step", p.step());
            read.put("timestamp_ms", p.timestampMillis());
        });
        return read;
    }

    private static String missing(String metric, String whose) {
        return "the run of " + whose + " has no metric " + metric;
    }
}
