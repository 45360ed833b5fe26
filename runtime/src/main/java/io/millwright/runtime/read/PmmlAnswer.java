package io.millwright.runtime.read;

import java.util.List;

/// What a model of a PMML file answers.
sealed interface PmmlAnswer {
    /// @param node of one number a row
    record Number(String node) implements PmmlAnswer {}

    /// @param probabilities a node with one for each class
    /// @param place the node of the class's place
    record Classes(List<String> classes, String probabilities, String place) implements PmmlAnswer {}

    /// @param distances a node with one for each cluster
    /// @param place the node of the nearest one's place
    record Clusters(List<String> names, String distances, String place) implements PmmlAnswer {}
}
