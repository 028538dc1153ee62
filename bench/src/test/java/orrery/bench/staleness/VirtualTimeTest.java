package orrery.bench.staleness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.table.spec.Consistency;

/** The shapes of the histograms that the model has always had. */
final class VirtualTimeTest {
    private static final VirtualTime MODEL = new VirtualTime(8, 200, 0.15, 0.05);

    @Test
    void pullingWaitsWherePushingDoesNot() {
        assertThat(MODEL.simulate(new Consistency.Ssp(1), 20).waited()).isGreaterThan(0.2);
        assertThat(MODEL.simulate(new Consistency.Essp(1), 20).waited()).isLessThan(0.01);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 7, 15})
    void pulledReadsSpreadEvenlyOverTheWindow(int s) {
        var seen = MODEL.simulate(new Consistency.Ssp(s), 20);
        for (int d = -1 - s; d <= -2; d++) {
            assertThat(seen.share(d)).isBetween(0.75 / s, 1.25 / s);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 7, 15})
    void pushedReadsAreFreshWhateverTheBound(int s) {
        assertThat(MODEL.simulate(new Consistency.Essp(s), 20).mean()).isBetween(-2.6, -2.2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bsp", "ssp:0", "ssp:3", "essp:0", "essp:3"})
    void nothingIsReadThatIsTooOld(String name) {
        var consistency = Consistency.parse(name);
        for (long seed = 0; seed < 20; seed++) {
            var seen = new VirtualTime(5, 60, 0.3, 0.4).simulate(consistency, seed);
            assertThat(seen.differentials().keySet()).allMatch(d -> d >= consistency.requiredAge(0) && d <= -1);
        }
    }
}
