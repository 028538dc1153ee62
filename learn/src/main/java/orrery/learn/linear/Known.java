package orrery.learn.linear;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.data.FeatureSums;
import orrery.data.Schema;

/**
 * What every worker must know of all examples where no JVM has them all.
 *
 * @param sizes by worker: how many examples it has
 * @param sums over all examples, by feature; null if there are none, for learners that scale nothing
 * @param baseline the number of the commonest class, or the mean label; NaN if it is not known
 */
public record Known(List<Long> sizes, @Nullable FeatureSums sums, double baseline) implements Serializable {
    public Known {
        sizes = List.copyOf(sizes);
    }

    long size() {
        return sizes.stream().mapToLong(Long::longValue).sum();
    }

    Conditioning conditioning(Schema schema, Loss loss, LinearOptions options) {
        if (options.scaling() == LinearOptions.Scaling.NONE) {
            return Conditioning.NONE;
        }
        if (sums == null) {
            throw new IllegalArgumentException(
                    "no JVM has all examples, to find their scale: give the sums, or Scaling.NONE");
        }
        return Conditioning.of(sums, schema.features(), loss, options.intercept());
    }
}
