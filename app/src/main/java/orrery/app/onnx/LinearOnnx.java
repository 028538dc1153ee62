package orrery.app.onnx;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import orrery.data.DataException;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.Loss;
import orrery.store.Json;
import orrery.store.Place;

/**
 * A linear model of numbered features as ONNX. The input is (batch, features); of libsvm files, whose numbers begin at 1, feature 1 is
 * the first. The outputs are {@code margins}, by class, and, where the loss has them, {@code probabilities}; of least squares {@code
 * margins} is the prediction.
 */
public final class LinearOnnx {
    private static final long MOST = 1L << 28; // weights: ONNX holds less than 2 GiB

    private LinearOnnx() {}

    /**
     * Writes it.
     *
     * @throws DataException if its features are columns or have keys, or there are too many
     */
    public static void write(LinearModel model, Place file) throws IOException {
        int first = model.schema().firstIndex();
        int features = model.features() - first;
        int width = model.margins();
        if (model.schema().hasNames() || features < 0) {
            throw new DataException("ONNX takes numbered features, such as of libsvm files and vectors; those of this"
                    + " model are columns or keys, which Orrery encodes as it reads them");
        }
        if ((long) features * width > MOST) {
            throw new DataException("the model has " + features + " x " + width + " weights, and an ONNX file holds "
                    + MOST + " at most");
        }
        var weights = new float[features * width];
        model.forEachWeight((feature, row) -> {
            if (feature >= first) {
                System.arraycopy(row, 0, weights, (int) (feature - first) * width, width);
            }
        });
        var intercepts = new float[width];
        for (int c = 0; c < width; c++) {
            intercepts[c] = (float) model.intercept(c);
        }
        var graph = new OnnxGraph();
        graph.input("input", features);
        boolean isSingle = width == 1 && model.loss() != Loss.SQUARED;
        String sums = graph.node(
                "Gemm",
                isSingle ? "sum" : "margins",
                List.of(
                        "input",
                        graph.numbers("weights", weights, features, width),
                        graph.numbers("intercepts", intercepts, width)),
                Map.of());
        if (isSingle) {
            String minus = graph.node("Neg", List.of(sums), Map.of());
            graph.node("Concat", "margins", List.of(minus, sums), Map.of("axis", 1));
        }
        int classes = isSingle ? 2 : width;
        graph.output("margins", classes);
        if (model.loss() == Loss.SOFTMAX) {
            graph.node("Softmax", "probabilities", List.of("margins"), Map.of("axis", 1));
        } else if (model.loss() == Loss.LOGISTIC) {
            String each = graph.node("Sigmoid", List.of("margins"), Map.of());
            String all = graph.node(
                    "Gemm", List.of(each, graph.numbers("ones", ones(classes), classes, 1)), Map.of()); // their sum
            graph.node("Div", "probabilities", List.of(each, all), Map.of());
        }
        if (model.loss() == Loss.SOFTMAX || model.loss() == Loss.LOGISTIC) {
            graph.output("probabilities", classes);
        }
        graph.write(file, Map.of("classes", Json.line(model.classes())));
    }

    private static float[] ones(int count) {
        var ones = new float[count];
        java.util.Arrays.fill(ones, 1);
        return ones;
    }
}
