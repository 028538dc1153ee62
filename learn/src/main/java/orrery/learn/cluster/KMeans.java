package orrery.learn.cluster;

import orrery.data.DataException;
import orrery.data.Loaded;
import orrery.engine.Run;

/**
 * k-means: centroids such that the squared distances of the examples to the nearest are small, begun by k-means++ (Arthur
 * and Vassilvitskii, SODA 2007), improved by Lloyd's iterations (IEEE Transactions on Information Theory 28, 1982) or by
 * mini-batches (Sculley, "Web-Scale K-Means Clustering", WWW 2010). Examples may be sparse or dense.
 */
public final class KMeans {
    private final ClusterOptions options;

    public KMeans(ClusterOptions options) {
        this.options = options;
    }

    /**
     * Makes ready to cluster.
     *
     * @throws DataException if there are fewer examples than clusters
     */
    public ClusterTraining prepare(Loaded data, Run run) throws DataException {
        if (data.examples().size() < options.clusters()) {
            throw new DataException("there are " + data.examples().size() + " examples, too few for "
                    + options.clusters() + " clusters");
        }
        return new ClusterTraining(options, data, run);
    }
}
