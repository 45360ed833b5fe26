package io.millwright.serving.truth;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.TableService;
import io.millwright.serving.endpoints.Endpoint;
import io.millwright.serving.endpoints.EndpointService;
import io.millwright.serving.log.PredictionId;
import io.millwright.serving.log.PredictionService;
import io.millwright.serving.log.Shipper;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// Takes truth in, and compares variants by it.
public final class TruthService {
    private final EndpointService endpoints;
    private final TruthStore store;
    private final Shipper shipper;
    private final Clock clock;

    public TruthService(EndpointService endpoints, TableService tables, Shipper shipper, Clock clock) {
        this.endpoints = endpoints;
        this.store = new TruthStore(tables);
        this.shipper = shipper;
        this.clock = clock;
    }

    /// What is told of one row.
    ///
    /// @param id of the prediction; empty when the key and the time name it
    /// @param values by name: numbers as Java writes them, or texts
    public record Told(
            Optional<PredictionId> id, int row, String key, Optional<Instant> at, Map<String, String> values) {
        public Told {
            values = Map.copyOf(values);
        }
    }

    /// @param recorded rows whose prediction was found, and whose truth is kept
    /// @param unmatched places of the others, of which nothing is kept
    public record Recorded(int recorded, List<Integer> unmatched) {
        public Recorded {
            unmatched = List.copyOf(unmatched);
        }
    }

    /// Keeps what is told; all of it in one commit.
    ///
    /// @param input whose values are the keys: the latest prediction at or before the time a row tells is meant
    /// @param within how long before that time the prediction may have been
    public Recorded record(String endpoint, String input, Duration within, List<Told> rows) {
        endpoints.requireWrite(endpoint);
        endpoints.get(endpoint);
        RequestContext context = RequestContext.current();
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Map<String, List<TruthStore.Keyed>> byKey = keyed(endpoint, input, within, rows, now);
        List<Truth> all = new ArrayList<>();
        List<Integer> unmatched = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            Told told = rows.get(i);
            Optional<TruthStore.Keyed> found = told.id().isPresent()
                    ? Optional.of(new TruthStore.Keyed("", now, told.id().get().toString(), told.row()))
                    : latest(
                            byKey.getOrDefault(told.key(), List.of()), told.at().orElse(now), within);
            if (found.isEmpty()) {
                unmatched.add(i);
                continue;
            }
            told.values()
                    .forEach((name, value) -> all.add(new Truth(
                            found.get().predictionId(),
                            found.get().row(),
                            name,
                            value,
                            told.at().orElse(now),
                            now,
                            context.principal().name())));
        }
        if (!all.isEmpty()) store.add(endpoint, all);
        return new Recorded(rows.size() - unmatched.size(), unmatched);
    }

    private Map<String, List<TruthStore.Keyed>> keyed(
            String endpoint, String input, Duration within, List<Told> rows, Instant now) {
        TreeSet<String> keys = new TreeSet<>();
        Instant first = now;
        Instant last = Instant.EPOCH;
        for (Told told : rows) {
            if (told.id().isPresent()) continue;
            if (input.isEmpty()) {
                throw INVALID_ARGUMENT.because(
                        "A row has no 'prediction_id', and 'key' names no input that it could be found by.");
            }
            keys.add(told.key());
            Instant at = told.at().orElse(now);
            if (at.isBefore(first)) first = at;
            if (at.isAfter(last)) last = at;
        }
        if (keys.isEmpty()) return Map.of();
        shipper.shipAll();
        Map<String, List<TruthStore.Keyed>> byKey = new HashMap<>();
        for (TruthStore.Keyed each :
                store.keyed(PredictionService.dataset(endpoint), endpoint, input, keys, first.minus(within), last))
            byKey.computeIfAbsent(each.key(), key -> new ArrayList<>()).add(each);
        return byKey;
    }

    private static Optional<TruthStore.Keyed> latest(List<TruthStore.Keyed> found, Instant at, Duration within) {
        return found.stream()
                .filter(each -> !each.at().isAfter(at) && !each.at().isBefore(at.minus(within)))
                .max(Comparator.comparing(TruthStore.Keyed::at));
    }

    /// What was told of an answer, oldest first: the last of a row and a name is what holds.
    public List<Truth> of(String endpoint, PredictionId id) {
        RequestContext context = RequestContext.current();
        DatasetName dataset = TruthStore.dataset(endpoint);
        context.require(Right.READ, Endpoint.urn(endpoint));
        if (!context.allows(Right.READ, dataset.urn(), dataset.parents())) return List.of();
        return store.of(endpoint, id.toString());
    }

    /// How many answers of a variant the truth of a name is known of.
    ///
    /// @param last when any of it was told last
    public record Tally(String name, String variant, long rows, Instant last) {}

    /// What can be compared, by name.
    public List<Tally> tally(String endpoint) {
        endpoints.get(endpoint);
        shipper.shipAll();
        return store.tally(PredictionService.dataset(endpoint), endpoint);
    }

    /// Compares two variants by the truth of a name.
    ///
    /// @param output which of the models' outputs is compared with it; empty for the first
    /// @param expected about how large a difference would matter
    public Comparison compare(
            String endpoint,
            String name,
            String output,
            Comparison.Measure measure,
            String first,
            String second,
            double alpha,
            double expected) {
        if (!(alpha > 0 && alpha < 1)) throw INVALID_ARGUMENT.because("'alpha' is %s, expected 0 to 1.", alpha);
        if (!(expected > 0)) throw INVALID_ARGUMENT.because("'expected' is %s, expected more than 0.", expected);
        endpoints.get(endpoint);
        shipper.shipAll();
        SequentialTest test = new SequentialTest(alpha, expected);
        for (TruthStore.Joined each : store.joined(PredictionService.dataset(endpoint), endpoint, name, output)) {
            try {
                if (each.variant().equals(first)) test.addToFirst(measure.of(each.answer(), each.truth()));
                else if (each.variant().equals(second)) test.addToSecond(measure.of(each.answer(), each.truth()));
            } catch (NumberFormatException e) {
                throw INVALID_ARGUMENT.because(
                        "'%s' and '%s' are no numbers that could be subtracted; ask for the measure accuracy.",
                        each.answer(), each.truth());
            }
        }
        return new Comparison(
                measure.name().toLowerCase(java.util.Locale.ROOT),
                alpha,
                side(first, test.first()),
                side(second, test.second()),
                test.difference(),
                test.pValue(),
                test.low(),
                test.high(),
                test.isDecided());
    }

    private static Comparison.Side side(String variant, SequentialTest.Mean mean) {
        return new Comparison.Side(variant, mean.count(), mean.mean(), Math.sqrt(mean.variance()));
    }
}
