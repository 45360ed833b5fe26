/// Predictions as they are kept: first in segments on this machine, then in a dataset for each endpoint.
@NullMarked
package io.millwright.serving.log;

import org.jspecify.annotations.NullMarked;
