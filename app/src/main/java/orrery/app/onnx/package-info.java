/** Models as ONNX files, which other runtimes compute. */
@NullMarked
package orrery.app.onnx;

import org.jspecify.annotations.NullMarked;
