/// What every search shares: MLflow's filter strings and `order_by` clauses, read into small immutable
/// values; a clause as a SQL condition ([Compare]), an order with the place in it where a page begins
/// ([SortKeys]), and its token.
///
/// The texts of the failures are those of MLflow 3.17.2 where it has one, since clients show and match them. Checked
/// case by case against MLflow itself: `peers/search_oracle.py` and `src/test/resources/search/`.
@NullMarked
package io.millwright.search;

import org.jspecify.annotations.NullMarked;
