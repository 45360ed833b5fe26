/// Rows in, rows out: a request's values checked against what a model reads, and computed.
@NullMarked
package io.millwright.serving.predict;

import org.jspecify.annotations.NullMarked;
