/// What turned out to be true of what was predicted.
@NullMarked
package io.millwright.serving.truth;

import org.jspecify.annotations.NullMarked;
