/// The messages of the Open Inference Protocol over gRPC, generated from `src/main/proto/inference.proto`. They never
/// answer null: what was not sent is empty.
@NullMarked
package io.millwright.serving.oip;

import org.jspecify.annotations.NullMarked;
