/// A model's folder as MLflow lays it out: its `MLmodel` file, its signature, and the best way to run
/// it.
@NullMarked
package io.millwright.runtime.folder;

import org.jspecify.annotations.NullMarked;
