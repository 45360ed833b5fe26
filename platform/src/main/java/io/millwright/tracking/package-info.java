/// Experiments, runs, metrics, params, tags, datasets and logged models.
@NullMarked
package io.millwright.tracking;

import org.jspecify.annotations.NullMarked;
