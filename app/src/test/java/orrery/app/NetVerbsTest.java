package orrery.app;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nets from the command line: a folder of pictures, what is made of it, and what is wrong with it. */
final class NetVerbsTest {
    private static final int SIDE = 8;

    @TempDir
    Path folder;

    private Ran orrery(String... args) {
        return Ran.of(
                Arrays.stream(args).map(arg -> arg.replace("@", folder + "/")).toArray(String[]::new));
    }

    /** Bars across and upright, in noise. */
    @BeforeEach
    void pictures() throws IOException {
        var random = new SplittableRandom(1);
        for (var kind : List.of("across", "upright")) {
            var home = Files.createDirectories(folder.resolve("pictures").resolve(kind));
            for (int n = 0; n < 60; n++) {
                var image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
                int line = random.nextInt(SIDE);
                for (int i = 0; i < SIDE * SIDE; i++) {
                    int grey = random.nextInt(80);
                    boolean isBar = (kind.equals("across") ? i / SIDE : i % SIDE) == line;
                    image.setRGB(i % SIDE, i / SIDE, (isBar ? 255 : grey) * 0x010101);
                }
                ImageIO.write(image, "png", home.resolve(n + ".png").toFile());
            }
        }
        Files.writeString(folder.resolve("net.prototxt"), """
                input: "data" input_shape { dim: 16 dim: 1 dim: 8 dim: 8 }
                layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
                layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
                layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: MAX kernel_size: 8 stride: 8 } }
                layer { name: "end" type: "InnerProduct" bottom: "pool" top: "end" inner_product_param { num_output: 2 } }
                layer { name: "loss" type: "SoftmaxWithLoss" bottom: "end" top: "loss" }
                """);
    }

    private Ran train(String... more) {
        var args = new java.util.ArrayList<>(List.of(
                "train",
                "net",
                "@pictures",
                "--net",
                "@net.prototxt",
                "--passes",
                "30",
                "--batch",
                "8",
                "--run",
                "@run"));
        args.addAll(List.of(more));
        return orrery(args.toArray(String[]::new));
    }

    @Test
    void picturesAreLearnedAndTheNetIsExported() throws Exception {
        var trained = train("--split", "0.2", "--pad", "1", "--mirror", "--json", "--quiet");
        assertThat(trained.metric("test", "accuracy")).isGreaterThan(0.9);
        var evaluated = orrery("evaluate", "@run", "@pictures", "--json");
        assertThat(evaluated.metric("test", "accuracy")).isGreaterThan(0.9);
        var predicted = orrery("predict", "@run", "@pictures", "--probabilities");
        assertThat(predicted.out().lines().toList())
                .hasSize(121)
                .startsWith("class\tacross\tupright")
                .anyMatch(line -> line.startsWith("across\t"));
        var on = train("--from-model", "@run", "--run", "@more", "--passes", "1", "--json", "--quiet");
        assertThat(on.metric("train", "accuracy")).isGreaterThan(0.9); // it goes on from there

        assertThat(orrery("export", "@run", "@net.onnx").code()).isZero();
        var model = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("net.onnx")));
        assertThat(model.getGraph().getNodeList())
                .extracting(NodeProto::getOpType)
                .containsSubsequence(
                        "Sub", "Div", "Transpose", "Conv", "Relu", "MaxPool", "Flatten", "Gemm", "Softmax");
        assertThat(model.getGraph()
                        .getInput(0)
                        .getType()
                        .getTensorType()
                        .getShape()
                        .getDimList())
                .hasSize(4);
        assertThat(model.getMetadataProps(0).getValue()).isEqualTo("[\"across\",\"upright\"]");
    }

    /** Two processes learn the same rows of embeddings as two threads, write them in parts, and all verbs read these. */
    @Test
    void keysAreLearnedByTwoProcesses() throws Exception {
        var random = new SplittableRandom(3);
        var lines = new StringBuilder("x,a,b,y\n");
        for (int n = 0; n < 400; n++) {
            int a = random.nextInt(20);
            int b = random.nextInt(20);
            lines.append("%.3f,a%d,b%d,%s\n".formatted(random.nextDouble(), a, b, a % 2 == b % 2 ? "yes" : "no"));
        }
        Files.writeString(folder.resolve("clicks.csv"), lines);
        Files.writeString(folder.resolve("machine.json"), """
                {"input": [1], "fields": 2, "layers": [
                  {"name": "weights", "type": "embedding", "width": 1, "sum": true},
                  {"name": "embedding", "type": "embedding", "width": 10},
                  {"name": "pairs", "type": "interactions"},
                  {"name": "sum", "type": "add", "inputs": ["weights", "pairs"]}]}
                """);
        var train =
                List.of("train", "net", "@clicks.csv", "--label", "y", "--net", "@machine.json", "--rule", "adagrad");
        var how = List.of("--passes", "15", "--rate", "0.1", "--batch", "16", "--json", "--quiet");
        var shared = keyed(train, how, "--processes", "2", "--run", "@shared");
        assertThat(shared.metric("train", "auc")).isGreaterThan(0.9);
        assertThat(folder.resolve("shared/model-embedding-00002-of-00002.safetensors"))
                .exists();
        keyed(train, how, "--run", "@threads");
        var predicted = orrery("predict", "@shared", "@clicks.csv", "--probabilities");
        assertThat(predicted.out())
                .isEqualTo(orrery("predict", "@threads", "@clicks.csv", "--probabilities")
                        .out());
        assertThat(orrery("evaluate", "@shared", "@clicks.csv", "--json").metric("test", "auc"))
                .isEqualTo(shared.metric("train", "auc"));
        var on = keyed(train, how, "--processes", "2", "--from-model", "@shared", "--passes", "1", "--run", "@on");
        assertThat(on.metric("train", "auc")).isGreaterThan(0.9);
        assertThat(orrery("show", "@shared").out()).contains("embedding").contains("40 rows of 10");
        assertThat(orrery("export", "@shared", "@shared.onnx").err()).contains("layer 'weights' cannot be exported");
        assertThat(orrery("train", "net", "@clicks.csv", "--label", "y", "--net", "mlp")
                        .err())
                .contains("the data has 2 columns of categories, and the net takes numbers only");
    }

    @Test
    void aTextIsLearnedAndContinued() throws Exception {
        Files.writeString(folder.resolve("words.txt"), "one two three ".repeat(400));
        Files.writeString(folder.resolve("letters.json"), """
                {"input": [0], "fields": 8, "layers": [
                  {"type": "embedding", "width": 8},
                  {"type": "gru", "hidden": 24, "whole": true},
                  {"type": "linear", "outputs": 16, "each": true}]}
                """);
        var train = List.of("train", "net", "@words.txt", "--net", "@letters.json", "--rule", "adam", "--rate", "0.01");
        var how = List.of("--split", "0.1", "--batch", "8", "--passes", "8", "--json", "--quiet", "--run", "@text");
        assertThat(keyed(train, how).metric("test", "bits")).isLessThan(0.6);
        assertThat(orrery("evaluate", "@text", "@words.txt", "--json").metric("test", "bits"))
                .isLessThan(0.6);
        Files.writeString(folder.resolve("begin.txt"), "one two thr");
        assertThat(orrery("predict", "@text", "@begin.txt").out()).startsWith("one two three one two three");
        assertThat(keyed(train, List.of("--label", "y")).err())
                .contains("--label is for files of examples, and ")
                .contains("words.txt is images or a text");
        assertThat(keyed(List.of("train", "net", "@pictures"), List.of("--label", "y"))
                        .err())
                .contains("--label is for files of examples");
    }

    private Ran keyed(List<String> train, List<String> how, String... more) {
        var args = new java.util.ArrayList<>(train);
        args.addAll(how);
        args.addAll(List.of(more));
        return orrery(args.toArray(String[]::new));
    }

    @Test
    void linearModelsAreExported() throws Exception {
        Files.writeString(folder.resolve("two.libsvm"), "1 1:1 2:0.5\n-1 1:-1 2:0.1\n".repeat(20));
        assertThat(orrery("train", "lr", "@two.libsvm", "--run", "@lr").code()).isZero();
        assertThat(orrery("export", "@lr", "@lr.onnx").code()).isZero();
        var graph = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("lr.onnx")))
                .getGraph();
        assertThat(graph.getInitializerList())
                .filteredOn(of -> of.getName().equals("weights"))
                .singleElement()
                .satisfies(of -> assertThat(of.getDimsList()).containsExactly(2L, 1L));
        assertThat(graph.getOutputList()).extracting(of -> of.getName()).containsExactly("margins", "probabilities");
    }

    @Test
    void whatIsWrongIsSaid() throws Exception {
        assertThat(orrery("export", "@run", "@net.onx").err()).contains("must end in .onnx");
        Files.writeString(folder.resolve("words.csv"), "label,x\n" + "a,1\nb,2\n".repeat(10));
        assertThat(orrery("train", "lr", "@words.csv", "--run", "@csv").code()).isZero();
        assertThat(orrery("export", "@csv", "@csv.onnx").err()).contains("ONNX takes numbered features");
        assertThat(orrery("train", "net", "@words.csv", "--net", "mlp", "--mirror")
                        .err())
                .contains("--mirror is for images");
        assertThat(orrery("train", "net", "@pictures", "--net", "lenot").err()).contains("did you mean 'lenet'?");
        assertThat(train("--schedule", "steps").err()).contains("step:PASSES:FACTOR");
        assertThat(train("--pad", "-1").err()).contains("--pad must be 0 or more");
        Files.write(folder.resolve("pictures/across/broken.png"), new byte[] {1, 2});
        assertThat(train().err()).contains("broken.png: cannot be read: it is no JPEG or PNG");
    }
}
