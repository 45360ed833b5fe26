/// Rows as the protocols of inference write them: Open Inference Protocol, MLflow's scoring server.
@NullMarked
package io.millwright.serving.wire;

import org.jspecify.annotations.NullMarked;
