package io.millwright.lake.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.Generate.constant;
import static org.quicktheories.generators.SourceDSL.doubles;
import static org.quicktheories.generators.SourceDSL.integers;
import static org.quicktheories.generators.SourceDSL.lists;
import static org.quicktheories.generators.SourceDSL.strings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Laws of profiles: the one of a whole is the merged ones of its parts, and bytes bring it back.
class FileProfileTest {
    private static FileProfile of(List<Double> numbers, List<String> texts) {
        FileProfile profile = new FileProfile();
        profile.addRows(Math.max(numbers.size(), texts.size()));
        ColumnProfile number = new ColumnProfile(ColumnKind.NUMBER);
        numbers.forEach(number::add);
        number.addNulls(profile.rows() - numbers.size());
        ColumnProfile text = new ColumnProfile(ColumnKind.TEXT);
        texts.forEach(one -> text.add(one.getBytes(StandardCharsets.UTF_8)));
        text.addNulls(profile.rows() - texts.size());
        profile.columns().put(1, number);
        profile.columns().put(2, text);
        return profile;
    }

    private static FileProfile again(FileProfile profile) {
        try {
            return FileProfile.of(profile.toBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void same(FileProfile a, FileProfile b) {
        assertThat(a.rows()).isEqualTo(b.rows());
        for (int id : List.of(1, 2)) {
            ColumnProfile x = a.columns().get(id);
            ColumnProfile y = b.columns().get(id);
            assertThat(x.count()).isEqualTo(y.count());
            assertThat(x.nulls()).isEqualTo(y.nulls());
            assertThat(x.nans()).isEqualTo(y.nans());
            assertThat(x.first()).isEqualTo(y.first());
            assertThat(x.last()).isEqualTo(y.last());
            if (x.measured() == 0) continue;
            assertThat(x.min()).isEqualTo(y.min());
            assertThat(x.max()).isEqualTo(y.max());
            double scale = Math.max(1, Math.max(Math.abs(x.min()), Math.abs(x.max())));
            assertThat(x.mean()).isCloseTo(y.mean(), within(1e-9 * scale));
            assertThat(x.deviation()).isCloseTo(y.deviation(), within(1e-6 * scale));
            assertThat(x.distinct().getEstimate())
                    .isCloseTo(y.distinct().getEstimate(), within(0.05 * x.count() + 1e-6));
            assertThat(x.quantiles().getN()).isEqualTo(y.quantiles().getN());
        }
    }

    @Test
    void the_profile_of_a_whole_is_that_of_its_parts_merged_in_either_order() {
        var numbers = lists().of(doubles().between(-1e6, 1e6)).ofSizeBetween(0, 60);
        var texts = lists().of(strings().basicLatinAlphabet().ofLengthBetween(0, 12))
                .ofSizeBetween(0, 60);
        qt().withExamples(300).forAll(numbers, texts, numbers, texts).checkAssert((n, t, m, u) -> {
            FileProfile ab = of(n, t);
            ab.merge(of(m, u));
            FileProfile ba = of(m, u);
            ba.merge(of(n, t));
            List<Double> all = new java.util.ArrayList<>(n);
            all.addAll(m);
            List<String> words = new java.util.ArrayList<>(t);
            words.addAll(u);
            FileProfile whole = of(all, words);
            long rows = ab.rows() - whole.rows();
            whole.addRows(rows);
            whole.columns().values().forEach(column -> column.addNulls(rows));
            same(ab, ba);
            same(ab, whole);
        });
    }

    @Test
    void bytes_bring_it_back() {
        qt().withExamples(200)
                .forAll(
                        lists().of(doubles().any()).ofSizeBetween(0, 200),
                        lists().of(strings().basicMultilingualPlaneAlphabet().ofLengthBetween(0, 300))
                                .ofSizeBetween(0, 50))
                .checkAssert((n, t) -> same(again(of(n, t)), of(n, t)));
    }

    @Test
    void a_column_that_a_part_does_not_have_counts_as_nulls_there() {
        FileProfile old = of(List.of(1.0, 2.0), List.of("a", "b"));
        old.columns().remove(2);

        old.merge(of(List.of(3.0), List.of("c")));

        assertThat(old.columns().get(2).nulls()).isEqualTo(2);
        assertThat(old.columns().get(2).count()).isEqualTo(1);
    }

    @Test
    void quantiles_are_within_their_error_however_the_parts_are_cut() {
        qt().withExamples(10)
                .forAll(integers().between(1, 50), constant(100_000))
                .checkAssert((parts, n) -> {
                    FileProfile whole = new FileProfile();
                    for (int part = 0; part < parts; part++) {
                        FileProfile one = new FileProfile();
                        ColumnProfile column = new ColumnProfile(ColumnKind.NUMBER);
                        for (int i = part; i < n; i += parts) column.add(i);
                        one.columns().put(1, column);
                        whole.merge(again(one));
                    }
                    ColumnProfile column = whole.columns().get(1);
                    double error = 3 * column.quantiles().getNormalizedRankError(false) * n;
                    for (double rank : new double[] {0.01, 0.25, 0.5, 0.75, 0.99}) {
                        assertThat(column.quantiles().getQuantile(rank)).isCloseTo(rank * n, within(error));
                    }
                    assertThat(column.distinct().getEstimate()).isCloseTo(n, within(0.08 * n));
                });
    }
}
