package orrery.app.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import orrery.store.Place;
import orrery.store.Storage;

/** A graph of ONNX's operators, under way. */
final class OnnxGraph {
    private static final int FORMAT = 8; // of the file
    private static final int OPERATORS = 17; // the version of their set
    private static final String BATCH = "batch";

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("orrery");
    private int count;

    /** Says that there is an input of (batch, ...). */
    void input(String name, long... shape) {
        graph.addInput(value(name, shape));
    }

    /** Says that a result is an output of (batch, ...). */
    void output(String name, long... shape) {
        graph.addOutput(value(name, shape));
    }

    private static ValueInfoProto value(String name, long... shape) {
        var dimensions = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam(BATCH));
        for (long side : shape) {
            dimensions.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(side));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT_VALUE)
                                .setShape(dimensions)))
                .build();
    }

    /** Numbers that were learned; returns their name. */
    String numbers(String name, float[] values, long... shape) {
        var bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        graph.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.FLOAT_VALUE)
                .addAllDims(Arrays.stream(shape).boxed().toList())
                .setRawData(ByteString.copyFrom(bytes)));
        return name;
    }

    /** One number, for all. */
    String number(double value) {
        return numbers("number" + ++count, new float[] {(float) value});
    }

    /** An operator with a result; returns its name. */
    String node(String operator, List<String> inputs, Map<String, Object> attributes) {
        return node(operator, operator.toLowerCase(java.util.Locale.ROOT) + ++count, inputs, attributes);
    }

    /** The same with a name. */
    String node(String operator, String result, List<String> inputs, Map<String, Object> attributes) {
        var node = NodeProto.newBuilder()
                .setName(result)
                .setOpType(operator)
                .addAllInput(inputs)
                .addOutput(result);
        new java.util.TreeMap<>(attributes).forEach((name, value) -> node.addAttribute(attribute(name, value)));
        graph.addNode(node);
        return result;
    }

    private static AttributeProto attribute(String name, Object value) {
        var attribute = AttributeProto.newBuilder().setName(name);
        return switch (value) {
            case Integer whole ->
                attribute.setType(AttributeProto.AttributeType.INT).setI(whole).build();
            case Float number ->
                attribute
                        .setType(AttributeProto.AttributeType.FLOAT)
                        .setF(number)
                        .build();
            case List<?> wholes ->
                attribute
                        .setType(AttributeProto.AttributeType.INTS)
                        .addAllInts(wholes.stream()
                                .map(whole -> ((Integer) whole).longValue())
                                .toList())
                        .build();
            default -> throw new IllegalArgumentException("no attribute: " + value);
        };
    }

    /** Writes the model, with properties. */
    void write(Place file, Map<String, String> about) throws IOException {
        var model = ModelProto.newBuilder()
                .setIrVersion(FORMAT)
                .setProducerName("orrery")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPERATORS))
                .setGraph(graph);
        new java.util.TreeMap<>(about)
                .forEach((key, value) -> model.addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        file.parent()
                .write(
                        file.name(),
                        out -> Storage.writeFully(
                                out, ByteBuffer.wrap(model.build().toByteArray())));
    }
}
