package io.millwright.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.http.Json;
import io.millwright.kernel.Failure;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OpenLineageReaderTest {
    private static final String RUN = """
            {'eventType': 'COMPLETE', 'eventTime': '2026-05-03T12:00:00.000Z', 'producer': 'https://x',
             'run': {'runId': '0176a8c2-fe01-7439-87e6-56a1a1b4029f', 'facets': {'parent': {
               'run': {'runId': '11111111-1111-1111-1111-111111111111'}, 'job': {'namespace': 'n', 'name': 'dag'}}}},
             'job': {'namespace': 'n', 'name': 'j'},
             'inputs': [{'namespace': 'a', 'name': 'b'}],
             'outputs': [{'namespace': 'c', 'name': 'd', 'facets': {'version': {'datasetVersion': '7'}}}]}""";

    @Test
    void a_run_event_is_read() {
        OpenLineageEvent event = read(RUN);

        assertThat(event.time()).isEqualTo(Instant.parse("2026-05-03T12:00:00Z"));
        assertThat(event.run().orElseThrow().parent().orElseThrow().job())
                .isEqualTo(new OpenLineageEvent.Job("n", "dag"));
        assertThat(event.inputs().getFirst().name()).isEqualTo(new OpenLineageEvent.Name("a", "b"));
        assertThat(event.outputs().getFirst().version()).isEqualTo("7");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            2026-05-03T12:00:00.000Z | 2026-05-03T14:00:00+02:00
            2026-05-03T12:00:00.000Z | 2026-05-03T14:00:00.000+0200
            2026-05-03T12:00:00.000Z | 2026-05-03T12:00:00
            """)
    void times_come_in_several_forms(String usual, String other) {
        assertThat(read(RUN.replace(usual, other)).time()).isEqualTo(Instant.parse("2026-05-03T12:00:00Z"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            'eventType': 'COMPLETE'                           | 'eventType': 'DONE'          | 'eventType' is '"DONE"', expected one of [ABORT
            'eventTime': '2026-05-03T12:00:00.000Z'           | 'eventTime': 'soon'          | 'eventTime' is '"soon"', expected a time
            'eventTime': '2026-05-03T12:00:00.000Z'           | 'eventTime': 7               | 'eventTime' is '7', expected a time
            'eventTime': '2026-05-03T12:00:00.000Z'           | 'x': 1                       | 'eventTime' is missing, expected a time
            'producer': 'https://x'                           | 'producer': null             | 'producer' is 'null', expected a text
            '0176a8c2-fe01-7439-87e6-56a1a1b4029f'            | 'x'                          | 'run.runId' is '"x"', expected a UUID
            'job': {'namespace': 'n', 'name': 'j'}            | 'job': []                    | 'job' is '[]', expected an object
            'job': {'namespace': 'n', 'name': 'j'}            | 'job': {'namespace': 'n'}    | 'job.name' is missing, expected a text
            'job': {'namespace': 'n', 'name': 'j'}            | 'x': 1                       | 'job' is missing
            'inputs': [{'namespace': 'a', 'name': 'b'}]       | 'inputs': {}                 | 'inputs' is '{}', expected a list
            'inputs': [{'namespace': 'a', 'name': 'b'}]       | 'inputs': [{'namespace': 'a', 'name': ' '}] | 'inputs[0].name' is '" "', expected a text
            'inputs': [                                       | 'dataset': {}, 'inputs': [   | Both 'run' and 'dataset' are given
            """)
    void a_wrong_event_is_refused_with_what_was_got_and_expected(String right, String wrong, String message) {
        assertThatThrownBy(() -> read(RUN.replace(right, wrong)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining(message);
    }

    @Test
    void what_is_too_much_is_refused() {
        String name = "x".repeat(3000);
        String many = "{'namespace': 'a', 'name': 'b'},".repeat(1000);

        assertThatThrownBy(() -> read(RUN.replace("'name': 'b'", "'name': '" + name + "'")))
                .hasMessageContaining("'inputs[0]' has a namespace and a name of more than");
        assertThatThrownBy(() -> read(RUN.replace("'inputs': [", "'inputs': [" + many)))
                .hasMessageContaining("'inputs' has 1001 datasets, expected at most 1000");
    }

    private static OpenLineageEvent read(String event) {
        return OpenLineageReader.read(Json.MAPPER.readTree(event.replace('\'', '"')), "");
    }
}
