package io.millwright.runtime.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.runtime.Model;
import io.millwright.runtime.Shape;
import io.millwright.runtime.evaluate.Batch;
import io.millwright.runtime.evaluate.Evaluator;
import io.millwright.runtime.evaluate.RefusedValue;
import io.millwright.runtime.folder.ModelFolder;
import io.millwright.runtime.folder.Opened;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// PMML written by hand: what lies on an edge, what is missing, what is refused. Each answer is
/// pmml4s's, too, unless it is said to differ.
class PmmlReaderTest {
    private static final String FIELDS = """
            <DataDictionary>
              <DataField name="x" optype="continuous" dataType="double"/>
              <DataField name="f" optype="continuous" dataType="float"/>
              <DataField name="age" optype="continuous" dataType="double">
                <Interval closure="closedOpen" leftMargin="0" rightMargin="120"/></DataField>
              <DataField name="city" optype="categorical" dataType="string">
                <Value value="Oslo"/><Value value="Bergen"/></DataField>
              <DataField name="colour" optype="categorical" dataType="string"/>
              <DataField name="y" optype="continuous" dataType="double"/>
              <DataField name="c" optype="categorical" dataType="string"><Value value="no"/><Value value="yes"/></DataField>
            </DataDictionary>""";

    private static String pmml(String model) {
        return "<?xml version=\"1.0\"?><PMML version=\"4.4\" xmlns=\"http://www.dmg.org/PMML-4_4\"><Header/>" + FIELDS
                + model + "</PMML>";
    }

    private static String schema(String... fields) {
        StringBuilder schema = new StringBuilder("<MiningSchema><MiningField name=\"y\" usageType=\"target\"/>");
        for (String each : fields) {
            schema.append(each.startsWith("<") ? each : "<MiningField name=\"" + each + "\"/>");
        }
        return schema.append("</MiningSchema>").toString();
    }

    private static Model read(String model) {
        return PmmlReader.read(pmml(model).getBytes(StandardCharsets.UTF_8));
    }

    /// The first answer for a row of values by name, of which those that are left out are missing.
    private static double ours(String text, Map<String, ?> row) {
        Model model = read(text);
        Evaluator evaluator = Evaluator.of(model);
        Batch batch = evaluator.batch(1);
        for (int i = 0; i < model.inputs().size(); i++) {
            @Nullable Object value = row.get(model.inputs().get(i).name());
            if (model.inputs().get(i).shape().kind() == Shape.Kind.TEXTS)
                batch.input(i).texts()[0] = (String) value;
            else batch.input(i).numbers()[0] = value == null ? Double.NaN : ((Number) value).doubleValue();
        }
        evaluator.evaluate(batch, 1);
        return batch.output(0).numbers()[0];
    }

    private static double theirs(String text, Map<String, ?> row) {
        @Nullable
        Object value = org.pmml4s.model.Model.fromString(pmml(text))
                .predict(new HashMap<String, Object>(row))
                .get("predicted_y");
        return value == null ? Double.NaN : ((Number) value).doubleValue();
    }

    private static void assertAnswers(String text, Map<String, ?> row, double expected) {
        assertOurs(text, row, expected);
        assertThat((Double) theirs(text, row)).as("pmml4s of %s", row).isEqualTo((Double) expected);
    }

    /// Boxed, because NaN is to equal NaN.
    private static void assertOurs(String text, Map<String, ?> row, double expected) {
        assertThat((Double) ours(text, row)).as("ours of %s", row).isEqualTo((Double) expected);
    }

    private static Map<String, Object> row(@Nullable Double x) {
        return x == null ? Map.of() : Map.of("x", x);
    }

    /// Two leaves, at 10: 1 where the predicate holds, 2 where its opposite does.
    private static String tree(String attributes, String operator, String opposite) {
        return """
                <TreeModel functionName="regression" %s>%s
                  <Node score="3"><True/>
                    <Node id="a" score="1"><SimplePredicate field="x" operator="%s" value="10"/></Node>
                    <Node id="b" score="2"><SimplePredicate field="x" operator="%s" value="10"/></Node>
                  </Node></TreeModel>""".formatted(attributes, schema("x"), operator, opposite);
    }

    @ParameterizedTest
    @CsvSource({
        "lessThan, greaterOrEqual, 1, 2, 2",
        "lessOrEqual, greaterThan, 1, 1, 2",
        "greaterThan, lessOrEqual, 2, 2, 1",
        "greaterOrEqual, lessThan, 2, 1, 1",
        "equal, notEqual, 2, 1, 2",
        "notEqual, equal, 1, 2, 1"
    })
    void a_value_on_a_split_goes_where_its_predicate_says(
            String operator, String opposite, double below, double on, double above) {
        String tree = tree("", operator, opposite);

        assertAnswers(tree, row(Math.nextDown(10.0)), below);
        assertAnswers(tree, row(10.0), on);
        assertAnswers(tree, row(Math.nextUp(10.0)), above);
        assertAnswers(tree, row(Double.NEGATIVE_INFINITY), below);
        assertAnswers(tree, row(Double.POSITIVE_INFINITY), above);
    }

    @ParameterizedTest
    @CsvSource({
        "'', NaN",
        "noTrueChildStrategy='returnLastPrediction', 3",
        "missingValueStrategy='nullPrediction', NaN",
        "missingValueStrategy='lastPrediction', 3"
    })
    void a_missing_value_goes_where_the_strategy_says(String attributes, double expected) {
        assertAnswers(tree(attributes, "lessThan", "greaterOrEqual"), row(null), expected);
    }

    @Test
    void a_missing_value_goes_to_the_default_child() {
        String tree = tree("missingValueStrategy='defaultChild'", "lessThan", "greaterOrEqual")
                .replace("<Node score=\"3\">", "<Node score=\"3\" defaultChild=\"b\">");

        assertAnswers(tree, row(null), 2);
        assertAnswers(tree, row(3.0), 1);
    }

    /// Children are asked in their order, also when they do not exclude each other.
    @Test
    void the_first_child_that_holds_is_taken() {
        String tree = """
                <TreeModel functionName="regression">%s
                  <Node score="0"><True/>
                    <Node score="1"><SimplePredicate field="x" operator="lessThan" value="5"/></Node>
                    <Node score="2"><SimplePredicate field="x" operator="lessThan" value="10"/></Node>
                    <Node score="3"><SimplePredicate field="x" operator="isMissing"/></Node>
                    <Node score="4"><True/></Node>
                  </Node></TreeModel>""".formatted(schema("x"));

        assertAnswers(tree, row(4.0), 1);
        assertAnswers(tree, row(5.0), 2);
        assertAnswers(tree, row(10.0), 4);
        assertAnswers(tree, row(null), 3);
    }

    @Test
    void predicates_are_put_together_by_three_valued_logic() {
        String tree = """
                <TreeModel functionName="regression">%s
                  <Node score="0"><True/>
                    <Node score="1"><CompoundPredicate booleanOperator="and">
                      <SimplePredicate field="x" operator="greaterThan" value="0"/>
                      <SimplePredicate field="city" operator="equal" value="Oslo"/></CompoundPredicate></Node>
                    <Node score="2"><CompoundPredicate booleanOperator="or">
                      <SimplePredicate field="x" operator="greaterThan" value="0"/>
                      <SimpleSetPredicate field="city" booleanOperator="isIn"><Array type="string" n="1">Bergen</Array>
                      </SimpleSetPredicate></CompoundPredicate></Node>
                    <Node score="3"><True/></Node>
                  </Node></TreeModel>""".formatted(schema("x", "city"));

        assertAnswers(tree, Map.of("x", 1.0, "city", "Oslo"), 1);
        assertAnswers(tree, Map.of("x", 1.0, "city", "Bergen"), 2);
        assertAnswers(tree, Map.of("x", 1.0), 2);
        assertAnswers(tree, Map.of("city", "Bergen"), 2);
        assertAnswers(tree, Map.of("city", "Oslo"), 3);
        assertAnswers(tree, Map.of(), 3);
    }

    @Test
    void a_surrogate_is_asked_when_the_first_cannot_tell() {
        String tree = """
                <TreeModel functionName="regression">%s
                  <Node score="0"><True/>
                    <Node score="1"><CompoundPredicate booleanOperator="surrogate">
                      <SimplePredicate field="x" operator="lessThan" value="0"/>
                      <SimplePredicate field="city" operator="equal" value="Oslo"/></CompoundPredicate></Node>
                    <Node score="2"><True/></Node>
                  </Node></TreeModel>""".formatted(schema("x", "city"));

        assertAnswers(tree, Map.of("x", -1.0, "city", "Bergen"), 1);
        assertAnswers(tree, Map.of("x", 1.0, "city", "Oslo"), 2);
        assertAnswers(tree, Map.of("city", "Oslo"), 1);
        assertAnswers(tree, Map.of(), 2);
    }

    private static final String SET = """
            <TreeModel functionName="regression">%s
              <Node score="0"><True/>
                <Node score="1"><SimpleSetPredicate field="colour" booleanOperator="isIn">
                  <Array type="string" n="2">"light \\"blue\\"" red</Array></SimpleSetPredicate></Node>
                <Node score="2"><SimpleSetPredicate field="colour" booleanOperator="isNotIn">
                  <Array type="string" n="2">"light \\"blue\\"" red</Array></SimpleSetPredicate></Node>
              </Node></TreeModel>""".formatted(schema("colour"));

    /// A field whose values the dictionary does not list takes any.
    @Test
    void a_category_that_no_predicate_names_equals_none() {
        assertAnswers(SET, Map.of("colour", "red"), 1);
        // pmml4s keeps the backslashes.
        assertOurs(SET, Map.of("colour", "light \"blue\""), 1);
        // pmml4s knows only the values that predicates name.
        assertOurs(SET, Map.of("colour", "green"), 2);
        assertAnswers(SET, Map.of(), Double.NaN);
    }

    private static final String REGRESSION = """
            <RegressionModel functionName="regression">%s
              <RegressionTable intercept="1">
                <NumericPredictor name="x" coefficient="2" exponent="2"/>
                <CategoricalPredictor name="city" value="Oslo" coefficient="10"/>
                <PredictorTerm coefficient="100"><FieldRef field="x"/><FieldRef field="f"/></PredictorTerm>
              </RegressionTable></RegressionModel>""".formatted(schema("x", "city", "f"));

    @Test
    void a_regression_adds_powers_categories_and_products() {
        assertAnswers(REGRESSION, Map.of("x", 3.0, "city", "Oslo", "f", 0.5), 1 + 18 + 10 + 150);
        assertAnswers(REGRESSION, Map.of("x", 3.0, "city", "Bergen", "f", 0), 1 + 18);
        assertAnswers(REGRESSION, Map.of("x", 3.0, "f", 0), 1 + 18);
        assertAnswers(REGRESSION, Map.of("city", "Oslo", "f", 0), Double.NaN);
    }

    @Test
    void a_value_the_dictionary_does_not_list_is_refused() {
        assertThatThrownBy(() -> ours(REGRESSION, Map.of("x", 3.0, "city", "Rome", "f", 0)))
                .isInstanceOfSatisfying(RefusedValue.class, refused -> {
                    assertThat(refused.column()).isEqualTo("city");
                    assertThat(refused.problem()).contains("Rome", "Oslo");
                });
        String age = REGRESSION.replace("\"x\"", "\"age\"");
        assertThatThrownBy(() -> ours(age, Map.of("age", 120.0, "f", 0))).isInstanceOf(RefusedValue.class);
        assertThat(ours(age, Map.of("age", 0.0, "f", 0))).isEqualTo(1);
        assertThat(ours(age, Map.of("age", Math.nextDown(120.0), "f", 0))).isGreaterThan(28_000);
    }

    @Test
    void a_value_is_taken_as_it_is_where_the_schema_says_so() {
        String asIs = REGRESSION.replace(
                "<MiningField name=\"city\"/>", "<MiningField name=\"city\" invalidValueTreatment=\"asIs\"/>");

        assertAnswers(asIs, Map.of("x", 3.0, "city", "Rome", "f", 0), 1 + 18);
    }

    @Test
    void missing_values_are_replaced() {
        String model = REGRESSION
                .replace("<MiningField name=\"x\"/>", "<MiningField name=\"x\" missingValueReplacement=\"5\"/>")
                .replace(
                        "<MiningField name=\"city\"/>",
                        "<MiningField name=\"city\" missingValueReplacement=\"Oslo\"/>");

        assertAnswers(model, Map.of("f", 0), 1 + 50 + 10);
        assertAnswers(model, Map.of("x", 1.0, "city", "Bergen", "f", 0), 1 + 2);
    }

    /// pmml4s predicts nothing for them.
    @Test
    void outliers_are_bounded() {
        String model = REGRESSION.replace(
                "<MiningField name=\"x\"/>",
                "<MiningField name=\"x\" outliers=\"asExtremeValues\" lowValue=\"-1\" highValue=\"2\"/>");

        assertOurs(model, Map.of("x", 3.0, "f", 0), 1 + 8);
        assertOurs(model, Map.of("x", -3.0, "f", 0), 1 + 2);
        assertOurs(model, Map.of("f", 0), Double.NaN);
    }

    /// A field of type float is rounded to float32 before it is computed with.
    @Test
    void a_float_is_a_float32() {
        String model = """
                <RegressionModel functionName="regression">%s<RegressionTable intercept="0">
                  <NumericPredictor name="f" coefficient="1"/></RegressionTable></RegressionModel>""".formatted(schema("f"));

        assertThat(ours(model, Map.of("f", 0.1))).isEqualTo(0.1f);
    }

    @Test
    void derived_fields_are_computed() {
        String model = """
                <RegressionModel functionName="regression">%s
                  <LocalTransformations>
                    <DerivedField name="norm" optype="continuous" dataType="double">
                      <NormContinuous field="x" mapMissingTo="7"><LinearNorm orig="0" norm="1"/><LinearNorm orig="4" norm="3"/>
                      </NormContinuous></DerivedField>
                    <DerivedField name="oslo" optype="continuous" dataType="double">
                      <NormDiscrete field="city" value="Oslo" mapMissingTo="0.5"/></DerivedField>
                    <DerivedField name="bin" optype="categorical" dataType="string">
                      <Discretize field="norm">
                        <DiscretizeBin binValue="low"><Interval closure="openOpen" rightMargin="2"/></DiscretizeBin>
                        <DiscretizeBin binValue="high"><Interval closure="closedOpen" leftMargin="2"/></DiscretizeBin>
                      </Discretize></DerivedField>
                    <DerivedField name="sum" optype="continuous" dataType="double">
                      <Apply function="-"><Constant dataType="double">10</Constant>
                        <Apply function="*"><FieldRef field="norm"/><FieldRef field="oslo"/></Apply></Apply></DerivedField>
                  </LocalTransformations>
                  <RegressionTable intercept="0">
                    <NumericPredictor name="sum" coefficient="1"/>
                    <CategoricalPredictor name="bin" value="high" coefficient="1000"/>
                  </RegressionTable></RegressionModel>""".formatted(schema("x", "city"));

        assertAnswers(model, Map.of("x", 2.0, "city", "Oslo"), 10 - 2 + 1000);
        assertAnswers(model, Map.of("x", 1.9, "city", "Bergen"), 10);
        assertAnswers(model, Map.of("x", 8.0, "city", "Oslo"), 10 - 5 + 1000);
        assertAnswers(model, Map.of(), 10 - 3.5 + 1000);
    }

    @Test
    void a_general_regression_multiplies_covariates_and_factors() {
        String model = """
                <GeneralRegressionModel functionName="regression" modelType="generalizedLinear" linkFunction="log">%s
                  <ParameterList><Parameter name="p0"/><Parameter name="p1"/><Parameter name="p2"/></ParameterList>
                  <FactorList><Predictor name="city"/></FactorList>
                  <CovariateList><Predictor name="x"/></CovariateList>
                  <PPMatrix>
                    <PPCell value="2" predictorName="x" parameterName="p1"/>
                    <PPCell value="1" predictorName="x" parameterName="p2"/>
                    <PPCell value="Oslo" predictorName="city" parameterName="p2"/>
                  </PPMatrix>
                  <ParamMatrix>
                    <PCell parameterName="p0" beta="0.5"/><PCell parameterName="p1" beta="0.25"/>
                    <PCell parameterName="p2" beta="-1"/>
                  </ParamMatrix></GeneralRegressionModel>""".formatted(schema("x", "city"));

        assertAnswers(model, Map.of("x", 2.0, "city", "Oslo"), Math.exp(0.5 + 1 - 2));
        assertAnswers(model, Map.of("x", 2.0, "city", "Bergen"), Math.exp(0.5 + 1));
    }

    @Test
    void a_row_no_tree_predicts_is_refused_in_a_classification() {
        String tree = tree("", "lessThan", "greaterOrEqual")
                .replace("regression", "classification")
                .replace("\"y\"", "\"c\"")
                .replace("score=\"1\"", "score=\"no\"")
                .replace("score=\"2\"", "score=\"yes\"")
                .replace("score=\"3\"", "score=\"yes\"");

        Evaluator evaluator = Evaluator.of(read(tree));
        Batch batch = evaluator.batch(1);
        batch.input(0).numbers()[0] = 3;
        evaluator.evaluate(batch, 1);
        assertThat(batch.output(0).texts()[0]).isEqualTo("no");
        assertThat(batch.output(1).numbers()).containsExactly(1, 0);
        batch.input(0).numbers()[0] = Double.NaN;
        assertThatThrownBy(() -> evaluator.evaluate(batch, 1)).isInstanceOf(RefusedValue.class);
    }

    @Test
    void a_folder_of_the_flavor_pmml_is_opened(@TempDir Path folder) throws IOException {
        java.nio.file.Files.writeString(folder.resolve("MLmodel"), "flavors: {pmml: {data: tree.pmml}}");
        java.nio.file.Files.writeString(folder.resolve("tree.pmml"), pmml(tree("", "lessThan", "greaterOrEqual")));

        assertThat(ModelFolder.of(folder).open()).isInstanceOfSatisfying(Opened.Native.class, opened -> {
            assertThat(opened.reader()).isEqualTo("PMML");
            assertThat(opened.model().inputs().getFirst().name()).isEqualTo("x");
        });
    }

    // ---------------------------------------------------------------- what is refused

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            missingValueStrategy='none'     | missingValueStrategy='weightedConfidence' | weightedConfidence
            missingValueStrategy='none'     | noTrueChildStrategy='guess'               | guess
            operator="lessThan"             | operator="like"                           | operator='like'
            field="x" operator="lessThan"   | field="nobody" operator="lessThan"        | 'nobody' is nowhere defined
            value="10"                      | value="ten"                               | 'ten', expected a number
            score="1"                       | score="one"                               | 'one', expected a number
            <Node score="3"><True/>         | <Node score="3"><False/>                  | as a root
            <TreeModel                      | <TreeModel isScorable='false'             | isScorable
            usageType="target"              | usageType="frequencyWeight"               | frequencyWeight
            name="x"/>                      | name="x" outliers="asMissingValues"/>     | asMissingValues
            name="x"/>                      | name="x" invalidValueTreatment="asMissing"/> | asMissing
            """)
    void what_is_not_known_is_refused_by_name(String here, String instead, String told) {
        String tree = tree("missingValueStrategy='none'", "lessThan", "greaterOrEqual");
        assertThat(tree).contains(here);
        String changed = tree.replace(here, instead).replace("</TreeModel instead", "</TreeModel");

        assertThatThrownBy(() -> read(changed))
                .isInstanceOf(UnreadableModel.class)
                .hasMessageContaining(told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Scorecard", "RuleSetModel", "AssociationModel", "TimeSeriesModel", "NearestNeighborModel"})
    void a_model_of_another_kind_is_refused_by_name(String kind) {
        assertThatThrownBy(() -> read("<%s functionName='regression'/>".formatted(kind)))
                .isInstanceOf(UnreadableModel.class)
                .hasMessageContaining(kind);
    }

    private static void assertUnreadable(String file, String told) {
        assertThatThrownBy(() -> PmmlReader.read(file.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(UnreadableModel.class)
                .hasMessageContaining(told);
    }

    @Test
    void entities_are_neither_expanded_nor_fetched() {
        assertUnreadable(
                "<?xml version=\"1.0\"?><!DOCTYPE PMML [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>"
                        + "<PMML version=\"4.4\">&b;</PMML>",
                "document type");
        assertUnreadable(
                "<!DOCTYPE PMML SYSTEM \"http://127.0.0.1:1/pmml.dtd\"><PMML version=\"4.4\"/>", "document type");
        assertUnreadable(
                "<!DOCTYPE PMML [<!ENTITY file SYSTEM \"file:///etc/passwd\">]><PMML>&file;</PMML>", "document type");
        assertUnreadable("<PMML>&nobody;</PMML>", "PMML");
    }

    @Test
    void a_file_that_is_deep_or_cut_off_is_refused() {
        assertUnreadable("<PMML>" + "<a>".repeat(2_000), "deeper than 1000");
        String whole = pmml(tree("", "lessThan", "greaterOrEqual"));
        for (int end = 0; end < whole.length(); end += 7) assertUnreadable(whole.substring(0, end), "PMML");
        assertUnreadable("{}", "no XML");
        assertUnreadable("<html/>", "expected PMML");
    }

    /// Each category's indicator has a number for all of them.
    @Test
    void categories_that_write_out_large_are_refused() {
        StringBuilder table = new StringBuilder();
        for (int i = 0; i < 9_000; i++)
            table.append("<CategoricalPredictor name='colour' value='c%d' coefficient='1'/>".formatted(i));
        String model =
                "<RegressionModel functionName='regression'>%s<RegressionTable intercept='0'>%s</RegressionTable></RegressionModel>"
                        .formatted(schema("colour"), table);

        assertThatThrownBy(() -> read(model))
                .isInstanceOf(UnreadableModel.class)
                .hasMessageContaining("written out to more than");
    }

    /// Each level asks two questions whose ways meet again: written out they are 2^40 leaves.
    @Test
    void predicates_that_write_out_large_are_refused() {
        StringBuilder tree = new StringBuilder(
                "<TreeModel functionName='regression'>" + schema("x") + "<Node score='0'><True/><Node score='1'>");
        String part = "<SimplePredicate field='x' operator='lessThan' value='%d'/>";
        for (int i = 0; i < 40; i++) {
            tree.append("<CompoundPredicate booleanOperator='or'>").append(part.formatted(2 * i));
            tree.append("<CompoundPredicate booleanOperator='and'>").append(part.formatted(2 * i + 1));
        }
        tree.append(part.formatted(999));
        for (int i = 0; i < 40; i++) tree.append("</CompoundPredicate></CompoundPredicate>");
        tree.append(
                "<Node score='1'><SimplePredicate field='x' operator='equal' value='3'/></Node></Node></Node></TreeModel>");

        assertThatThrownBy(() -> read(tree.toString()))
                .isInstanceOf(UnreadableModel.class)
                .hasMessageContaining("written out");
    }
}
