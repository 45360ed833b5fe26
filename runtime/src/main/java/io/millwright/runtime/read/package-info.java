/// Models as other libraries write them, made into a graph of operators.
@NullMarked
package io.millwright.runtime.read;

import org.jspecify.annotations.NullMarked;
