/// Models that run: what a trained model computes, as a typed graph of columnar operators with stated
/// numbers.
///
/// A [Model] says *what* is computed and in which precision; `evaluate` computes it, `format` writes
/// it to a file and reads it back, `read` makes one from what other libraries wrote. Nothing here
/// knows a server.
@NullMarked
package io.millwright.runtime;

import org.jspecify.annotations.NullMarked;
