/// Reads other trackers' data and hands it to tracking: MLflow over REST, its SQLite file, its mlruns folder.
@NullMarked
package io.millwright.tracking.imports;

import org.jspecify.annotations.NullMarked;
