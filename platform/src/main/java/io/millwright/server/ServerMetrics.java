package io.millwright.server;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// What `/metrics` tells: requests by route and status class, their durations, and the process.
final class ServerMetrics {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Counter requests = Counter.builder()
            .name("millwright_http_requests_total")
            .help("Requests answered.")
            .labelNames("method", "route", "status")
            .register(registry);
    private final Histogram durations = Histogram.builder()
            .name("millwright_http_request_duration_seconds")
            .help("From the arrival of the headers to the answer being ready.")
            .labelNames("method", "route")
            .classicOnly()
            .classicUpperBounds(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
            .register(registry);
    private final Counter refused = Counter.builder()
            .name("millwright_http_refused_total")
            .help("Requests refused before any handler saw them.")
            .labelNames("code")
            .register(registry);
    private final LongAdder inFlight = new LongAdder();
    private final PerRoute unrouted = new PerRoute("", "none");

    ServerMetrics() {
        gauge("millwright_http_requests_in_flight", "Requests being answered now.", inFlight::sum);
        Runtime runtime = Runtime.getRuntime();
        gauge("jvm_heap_used_bytes", "Heap in use.", () -> runtime.totalMemory() - runtime.freeMemory());
        gauge("jvm_heap_committed_bytes", "Heap taken from the system.", runtime::totalMemory);
        gauge("jvm_heap_max_bytes", "The most the heap may take.", runtime::maxMemory);
    }

    void gauge(String name, String help, LongSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsLong()))
                .register(registry);
    }

    /// Of requests that no route serves.
    PerRoute unrouted() {
        return unrouted;
    }

    PerRoute route(String method, String path) {
        return new PerRoute(method, path);
    }

    void refused(String code) {
        refused.labelValues(code).inc();
    }

    void begin() {
        inFlight.increment();
    }

    void end() {
        inFlight.decrement();
    }

    long inFlight() {
        return inFlight.sum();
    }

    byte[] text() throws IOException {
        var out = new ByteArrayOutputStream(8192);
        PrometheusTextFormatWriter.create().write(out, registry.scrape());
        return out.toByteArray();
    }

    /// The measurements of one route. Looked up once and kept: labels cost more than counting.
    final class PerRoute {
        private final String method;
        private final String path;
        private final AtomicReferenceArray<@Nullable CounterDataPoint> byStatusClass = new AtomicReferenceArray<>(6);
        private volatile @Nullable DistributionDataPoint duration;

        private PerRoute(String method, String path) {
            this.method = method;
            this.path = path;
        }

        void answered(int status, long nanos) {
            int statusClass = Math.clamp(status / 100, 1, 5);
            CounterDataPoint counter = byStatusClass.get(statusClass);
            if (counter == null) {
                counter = requests.labelValues(method, path, statusClass + "xx");
                byStatusClass.set(statusClass, counter);
            }
            counter.inc();
            DistributionDataPoint observed = duration;
            if (observed == null) duration = observed = durations.labelValues(method, path);
            observed.observe(nanos / 1e9);
        }
    }
}
