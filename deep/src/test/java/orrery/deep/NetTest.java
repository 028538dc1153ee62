package orrery.deep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.deep.layer.Backend;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Linear;
import orrery.deep.layer.Operation;
import orrery.deep.layer.Pooling;
import orrery.deep.layer.Recurrent;
import orrery.deep.layer.Window;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.net.Zoo;
import orrery.deep.tensor.Tensor;

/** Nets are values, and their form as JSON says all of them. */
final class NetTest {
    /** What the papers, and Caffe's files, have; batch norms with their running means. */
    @ParameterizedTest
    @CsvSource({
        "mlp, 535818, 10",
        "lenet, 431080, 10",
        "cifar10-quick, 145578, 10",
        "alexnet, 60965224, 1000",
        "vgg19, 143667240, 1000",
        "vgg19-22k, 229052817, 21841",
        "googlenet, 6998552, 1000",
        "inception-v3, 23869000, 1000", // 23,834,568 and 34,432 running means
        "resnet-18, 11699112, 1000", // 11,689,512 and 9,600 running means
        "resnet-152, 60344232, 1000", // 60,192,808 and 151,424 running means
    })
    void publishedNetsHaveAsManyParameters(String name, long parameters, int outputs) throws Exception {
        var net = Zoo.net(name);
        assertThat(net.parameters()).isEqualTo(parameters);
        assertThat(net.outputSize()).isEqualTo(outputs);
        assertThat(Net.parse(net.json(), "zoo")).isEqualTo(net);
        var bytes = new ByteArrayOutputStream();
        try (var out = new ObjectOutputStream(bytes)) {
            out.writeObject(net);
        }
        try (var in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(net);
        }
    }

    @Test
    void shapesFollowFromLayers() {
        var net = Zoo.net("cifar10-quick");
        assertThat(net.output("conv1")).containsExactly(32, 32, 32);
        assertThat(net.output("pool1")).containsExactly(16, 16, 32); // rounded up
        assertThat(net.output("pool3")).containsExactly(4, 4, 64);
        assertThat(Zoo.net("resnet-152").output("pool5")).containsExactly(1, 1, 2048);
        assertThat(Zoo.net("alexnet").output("pool5")).containsExactly(6, 6, 256);
        // a last place that would be all padding does not count
        var padded = new Pooling(Pooling.Kind.MAX, new Window(2, 2, 1, 1), true);
        assertThat(padded.output(java.util.List.of(new int[] {3, 3, 1}))).containsExactly(2, 2, 1);
    }

    @Test
    void whatDoesNotFitIsSaid() {
        assertThatThrownBy(() -> Net.of(new int[] {28, 28}, new Convolution(3, new Window(3, 1, 0, 1), 1, true)))
                .hasMessageContaining(
                        "layer '1-convolution': convolution takes images (height, width, channels), got [28, 28]");
        assertThatThrownBy(() -> Net.of(new int[] {4, 4, 3}, new Convolution(4, new Window(5, 1, 0, 1), 1, true)))
                .hasMessageContaining("a window of 5 with padding 0 does not fit an image of 4");
        assertThatThrownBy(() -> Net.input(3).add("a", new Linear(2, true), "b").net())
                .hasMessageContaining("layer 'a' reads 'b', and the layers before it are [input]");
        assertThatThrownBy(() -> Net.input(3)
                        .add("a", new Linear(2, true))
                        .add("a", new Linear(2, true))
                        .net())
                .hasMessageContaining("two layers of that name");
        assertThatThrownBy(() -> Zoo.net("lenot")).hasMessageContaining("there is no net 'lenot'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{} | mine.json: 'input' is missing or no list",
                "{\"input\":[4],\"layers\":[]} | a net has a layer or more",
                "{\"input\":[4],\"layers\":[{\"type\":\"liner\"}]} | layer 1: the type 'liner' is none of",
                "{\"input\":[4],\"layers\":[{\"type\":\"linear\"}]} | layer 1: 'outputs' is missing; the layer has [type]",
                "{\"input\":[4],\"layers\":[{\"type\":\"linear\",\"outputs\":0}]} | layer 1: linear: there must be 1 output",
                "{\"input\":[4],\"layers\":[{\"type\":\"linear\",\"outputs\":2,\"units\":3}]} | 'units' says nothing here",
                "{\"input\":[0],\"layers\":[{\"type\":\"relu\"}]} | the input's dimensions are 1 or more, got [0]",
                "{\"input\":[1],\"layers\":[{\"type\":\"embedding\",\"width\":2}]} | reads 'keys', and the layers before it are [input]",
                "{\"input\":[1],\"fields\":2,\"layers\":[{\"type\":\"linear\",\"outputs\":2,\"inputs\":[\"keys\"]}]} | embeddings read 'keys', and no other layer does",
                "{\"input\":[4],\"loss\":\"square\",\"layers\":[{\"type\":\"relu\"}]} | the loss 'square' is none of [cross-entropy, squares]; did you mean 'squares'?",
                "{\"input\":[4],\"loss\":\"squares\",\"layers\":[{\"type\":\"relu\"}]} | a net with the loss 'squares' has one output, got [4]",
                "{\"input\":[4],\"layers\":[{\"type\":\"linear\",\"outputs\":2,\"each\":true}]} | 'each' is for sequences (steps, numbers), got [4]",
                "{\"input\":[4],\"layers\":[{\"type\":\"dropout\",\"part\":1}]} | below 1, got 1.0",
            })
    void badFormsAreSaid(String both) {
        int bar = both.indexOf(" | ");
        assertThatThrownBy(() -> Net.parse(both.substring(0, bar), "mine.json"))
                .hasMessageContaining("mine.json")
                .hasMessageContaining(both.substring(bar + 3));
    }

    @ParameterizedTest
    @ValueSource(strings = {"wide-and-deep", "deepfm"})
    void netsOverCategoriesAreAsWideAsTheData(String name) throws Exception {
        var net = Zoo.net(name, 4, 7);
        assertThat(net.inputSize()).isEqualTo(4);
        assertThat(net.fields()).isEqualTo(7);
        assertThat(net.classes()).isEqualTo(2);
        assertThat(Net.parse(net.json(), "net")).isEqualTo(net);
        var none = Zoo.net(name, 0, 2);
        assertThat(none.inputSize()).isZero();
        assertThat(Net.parse(none.json(), "net")).isEqualTo(none);
        assertThatThrownBy(() -> Zoo.net(name, 4, 0)).hasMessageContaining("there are none");
        assertThat(Zoo.net(name).fields()).isEqualTo(26);
    }

    /** The product of the factors is the gradient. */
    @Test
    void factorsMakeTheGradient() {
        var net = Net.of(new int[] {5}, new Linear(4, true), new Linear(3, true));
        try (var pass = new Pass(net, Backend.JAVA, Tensor.Type.FLOAT64, 2, false)) {
            var random = new SplittableRandom(1);
            for (var tensor : List.of(
                    pass.input(),
                    pass.parameters(0).getFirst(),
                    pass.parameters(1).getFirst(),
                    pass.outputGradient())) {
                for (int i = 0; i < tensor.size(); i++) {
                    tensor.set(i, random.nextDouble() - 0.5);
                }
            }
            var call = new Operation.Call(2, true, 1);
            pass.forward(call, Pass.NOBODY);
            var seen = new ArrayList<Integer>();
            pass.backward(call, new Pass.Listener() {
                @Override
                public void factorsReady(int layer, Tensor inputs, Tensor gradients) {
                    seen.add(layer);
                    int inner = layer == 0 ? 5 : 4;
                    int outputs = layer == 0 ? 4 : 3;
                    for (int o = 0; o < outputs; o++) {
                        for (int i = 0; i < inner; i++) {
                            double due = gradients.get(o) * inputs.get(i)
                                    + gradients.get(outputs + o) * inputs.get(inner + i);
                            assertThat(pass.gradients(layer).getFirst().get(o * inner + i))
                                    .isCloseTo(due, org.assertj.core.api.Assertions.within(1e-12));
                        }
                    }
                }
            });
            assertThat(seen).containsExactly(1, 0);
        }
    }

    @Test
    void sequencesHaveTheirForm() throws Exception {
        var net = Net.input(20, 7)
                .add("below", new Recurrent(Recurrent.Cell.GRU, 16, true))
                .add("above", new Recurrent(Recurrent.Cell.LSTM, 8, false))
                .net();
        assertThat(net.output("below")).containsExactly(20, 16);
        assertThat(net.output()).containsExactly(8);
        assertThat(net.parameters()).isEqualTo(3 * 16 * (7 + 16 + 1) + 16 + 4 * 8 * (16 + 8 + 1));
        assertThat(Net.parse(net.json(), "net")).isEqualTo(net);
        assertThatThrownBy(() -> Net.of(new int[] {7}, new Recurrent(Recurrent.Cell.LSTM, 8, false)))
                .hasMessageContaining("lstm takes sequences (steps, numbers), got [7]");
    }

    /** Ten layers with the data, the labels and the loss. */
    private static final String LENET = """
            name: "LeNet" # as Caffe has it
            layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 64 dim: 1 dim: 28 dim: 28 } } }
            layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 64 dim: 1 } } }
            layer {
              name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { lr_mult: 1 } param { lr_mult: 2 }
              convolution_param { num_output: 20 kernel_size: 5 stride: 1 weight_filler { type: "xavier" } }
            }
            layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
            layer { name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2" convolution_param { num_output: 50 kernel_size: 5 } }
            layer { name: "pool2" type: "Pooling" bottom: "conv2" top: "pool2" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
            layer { name: "ip1" type: "InnerProduct" bottom: "pool2" top: "ip1" inner_product_param { num_output: 500 } }
            layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
            layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2" inner_product_param { num_output: 10 } }
            layer { name: "accuracy" type: "Accuracy" bottom: "ip2" bottom: "label" include { phase: TEST } }
            layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" }
            """;

    @Test
    void prototxtIsTheSameNet() throws Exception {
        assertThat(Net.parsePrototxt(LENET, "lenet.prototxt")).isEqualTo(Zoo.net("lenet"));
    }

    @Test
    void whatPrototxtCannotBeIsSaid() {
        var wrong = java.util.Map.of(
                LENET.replace("\"ReLU\"", "\"PReLU\""),
                "line 12: layer 'relu1': the type 'PReLU' is none of",
                LENET.replace("bottom: \"pool1\"", "bottom: \"pool9\""),
                "layer 'conv2': reads 'pool9'",
                LENET.replace("num_output: 500", ""),
                "'num_output' is missing",
                LENET.replace("\"Input\" top: \"data\"", "\"Data\" top: \"data\""),
                "says nowhere what shape",
                LENET.replace("kernel_size: 2", "kernel_size: two"),
                "must be a whole number, got 'two'",
                LENET + "layer {",
                "it ends early");
        wrong.forEach((text, message) -> assertThatThrownBy(() -> Net.parsePrototxt(text, "a.prototxt"))
                .hasMessageContaining("a.prototxt")
                .hasMessageContaining(message));
    }
}
