/// The documented, versioned file of a model: a safetensors file whose metadata is the graph.
@NullMarked
package io.millwright.runtime.format;

import org.jspecify.annotations.NullMarked;
