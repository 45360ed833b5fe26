/// Lineage: one graph of what came from what, over datasets, their columns and versions, runs, models
/// and jobs.
@NullMarked
package io.millwright.lineage;

import org.jspecify.annotations.NullMarked;
