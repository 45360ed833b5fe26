package io.millwright.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class SearchCasesTest {
    @TestFactory
    Stream<DynamicContainer> filters_and_orders_mean_what_they_mean_to_mlflow() {
        return Arrays.stream(SearchKind.values())
                .map(kind -> DynamicContainer.dynamicContainer(
                        kind.name(), Case.read(kind).stream().map(SearchCasesTest::test)));
    }

    private static DynamicTest test(Case one) {
        return DynamicTest.dynamicTest(
                one.title(), () -> assertThat(answer(one)).isEqualTo(one.expected()));
    }

    static List<String> answer(Case one) {
        try {
            if (one.asked().equals("filter")) {
                return FilterParser.parse(one.kind(), String.join("\n", one.lines())).stream()
                        .map(Rendering::show)
                        .toList();
            }
            return orders(one).stream().map(Rendering::show).toList();
        } catch (Failure failure) {
            assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            return List.of(Rendering.showFailure(failure.message()));
        }
    }

    /// MLflow orders logged models by objects with a bare field name.
    private static List<Order> orders(Case one) {
        if (one.kind() != SearchKind.LOGGED_MODELS) return OrderParser.parse(one.kind(), one.lines());
        return one.lines().stream()
                .map(line -> new Order(OrderParser.loggedModelField(line), true))
                .toList();
    }
}
