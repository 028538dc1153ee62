package orrery.learn.cluster;

import java.util.List;
import java.util.Optional;
import orrery.data.DataException;
import orrery.data.Loaded;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.learn.Layout;

/**
 * k-means: centroids such that the squared distances of the examples to the nearest are small, begun by
 * k-means|| (Bahmani et al., VLDB 2012), improved by Lloyd's iterations (IEEE Transactions on Information Theory 28, 1982) or by
 * mini-batches (Sculley, "Web-Scale K-Means Clustering", WWW 2010). Examples may be sparse or dense.
 */
public final class KMeans {
    private final ClusterOptions options;
    private final Layout layout;

    public KMeans(ClusterOptions options) {
        this(options, Layout.AUTO);
    }

    /**
     * @param layout where centroids are: dense or keyed, or as suits their number. Those by key begin with examples that are
     *     evenly drawn, since what k-means|| draws would be larger than the model
     */
    public KMeans(ClusterOptions options, Layout layout) {
        this.options = options;
        this.layout = layout;
    }

    /**
     * Makes ready to cluster.
     *
     * @throws DataException if there are fewer examples than clusters
     */
    public Training<ClusterModel> prepare(Loaded data, Run run) throws DataException {
        if (data.examples().numbered("k-means").size() < options.clusters()) {
            throw new DataException("there are " + data.examples().size() + " examples, too few for "
                    + options.clusters() + " clusters");
        }
        return new Training<>(new ClusterRecipe(options, data, Optional.empty(), layout, run), run);
    }

    /**
     * The same on examples that lie in parts where the workers are. {@code local} are the examples of the workers of this
     * JVM, numbered on through all workers ({@link orrery.data.Examples#numberedFrom}), and none of the others'.
     *
     * @param sizes by worker: how many examples it has
     */
    public Training<ClusterModel> prepare(Loaded local, List<Long> sizes, Run run) {
        return new Training<>(new ClusterRecipe(options, local, Optional.of(sizes), Layout.DENSE, run), run);
    }
}
