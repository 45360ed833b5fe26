/// Models run whole by ONNX Runtime, for whoever puts `com.microsoft.onnxruntime:onnxruntime` beside us.
@NullMarked
package io.millwright.runtime.onnx;

import org.jspecify.annotations.NullMarked;
