package orrery.deep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import orrery.deep.layer.Activation;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Linear;
import orrery.deep.net.Net;
import orrery.deep.train.Course;
import orrery.deep.train.LocalNet;
import orrery.deep.train.NetOptions;
import orrery.table.spec.UpdateRule;

/** A net that one thread trains in its own memory. */
final class LocalNetTest {
    private static NetOptions options(UpdateRule rule) {
        var net = Net.of(
                new int[] {4},
                new Linear(8, true),
                new BatchNorm(1e-5, 0.9),
                new Activation(Activation.Kind.RELU),
                new Linear(2, true));
        return new NetOptions(net, 1, 16, rule, new Course.Constant(), 1e-4f);
    }

    /** Whether the first number is greater than the second. */
    private static Iterator<LocalNet.Example> examples(long seed) {
        var random = new SplittableRandom(seed);
        return Stream.generate(() -> {
                    var x = new float[] {random.nextFloat(), random.nextFloat(), random.nextFloat(), 1};
                    return new LocalNet.Example(x, x[0] > x[1] ? 1 : 0);
                })
                .iterator();
    }

    @Test
    void learnsAndTellsItsWeights() {
        try (var net = new LocalNet(options(new UpdateRule.Momentum(0.05f, 0.9f, 0)), 1);
                var other = new LocalNet(options(new UpdateRule.Sgd(0.05f)), 2)) {
            net.setTrainingData(examples(1));
            net.setValidationData(examples(2));
            double before = net.train(10);
            net.train(300);
            assertThat(net.train(10)).isLessThan(before / 2);
            assertThat(net.test(20))
                    .hasEntrySatisfying("accuracy", is -> assertThat(is).isGreaterThan(0.95));
            var weights = net.getWeights();
            assertThat(weights).containsKeys("1-linear.weights", "1-linear.bias", "2-batch-norm.variance");
            other.setWeights(weights);
            net.setValidationData(examples(3));
            other.setValidationData(examples(3));
            assertThat(other.test(5)).isEqualTo(net.test(5));
        }
    }

    @Test
    void saysWhatIsWrong() {
        try (var net = new LocalNet(options(new UpdateRule.Sgd(0.05f)), 1)) {
            assertThatThrownBy(() -> net.train(1)).hasMessageContaining("the training data have ended");
            net.setTrainingData(List.of(new LocalNet.Example(new float[3], 0)).iterator());
            assertThatThrownBy(() -> net.train(1)).hasMessageContaining("an example has 3 numbers");
            var weights = new HashMap<>(net.getWeights());
            weights.put("1-linear.bias", new float[3]);
            assertThatThrownBy(() -> net.setWeights(weights)).hasMessageContaining("'1-linear.bias' are 3 numbers");
        }
        assertThatThrownBy(() -> new LocalNet(options(new UpdateRule.Adam(0.01f)), 1))
                .hasMessageContaining("trained by sgd or momentum, not by Adam");
    }

    @Test
    void schedulesAreRead() {
        assertThat(Course.parse("step:2:0.1")).isEqualTo(new Course.Steps(2, 0.1));
        assertThat(Course.parse("inverse:0.0001:0.75")).isEqualTo(new Course.Inverse(0.0001, 0.75));
        for (var wrong : List.of("steps:2:0.1", "step:2", "step:x:0.1", "step:2:0", "cosine:3")) {
            assertThatThrownBy(() -> Course.parse(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
