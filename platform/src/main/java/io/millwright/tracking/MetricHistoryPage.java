package io.millwright.tracking;

import io.millwright.search.PageToken;
import java.util.List;
import java.util.Optional;

/// One page of one metric's history; the token says after which point the next begins.
record MetricHistoryPage(MetricStore.History points, int size, Optional<String> nextToken) {
    static final MetricHistoryPage EMPTY = new MetricHistoryPage(new MetricStore.History(), 0, Optional.empty());

    /// @param points one more than the limit when there is another page
    static MetricHistoryPage of(MetricStore.History points, long limit) {
        if (points.size <= limit) return new MetricHistoryPage(points, points.size, Optional.empty());
        int last = (int) limit - 1;
        double value = points.value[last];
        boolean nan = Double.isNaN(value);
        String token = PageToken.encode(List.of(points.at[last], points.step[last], nan ? 0.0 : value, nan ? 1L : 0L));
        return new MetricHistoryPage(points, (int) limit, Optional.of(token));
    }

    static MetricStore.After parseToken(String token) {
        List<Object> parts = PageToken.decode(token, Long.class, Long.class, Double.class, Long.class);
        return new MetricStore.After(
                (Long) parts.get(0), (Long) parts.get(1), (Double) parts.get(2), (int) (long) (Long) parts.get(3));
    }
}
