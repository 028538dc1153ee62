package orrery.learn.linear;

import orrery.engine.stage.Worker;

/** What a batch's examples cost by their margins, one each, and how many of them were right. Confined to one thread. */
final class Judge {
    private final Loss loss;
    private final Labels labels;
    private final float[] classWeights;
    private final Conditioning conditioning;
    private final boolean isClassification;
    private double cost;
    private double weightSum;
    private double right;

    Judge(Loss loss, Labels labels, float[] classWeights, Conditioning conditioning) {
        this.loss = loss;
        this.labels = labels;
        this.classWeights = classWeights;
        this.conditioning = conditioning;
        isClassification = loss.isClassification();
    }

    /** Counts an example. Returns the derivative of its cost by its margin, its weight included. */
    double slope(double margin, double label, float ownWeight) {
        float weight = ownWeight;
        double y;
        if (isClassification) {
            int k = labels.find(label);
            y = k == 1 ? 1 : -1;
            weight *= classWeights[k];
        } else {
            y = conditioning.target(label);
        }
        double slope;
        if (loss == Loss.LOGISTIC) { // cost and slope from one exponential
            double e = Math.exp(-Math.abs(margin));
            cost += weight * (Math.max(-y * margin, 0) + Math.log(1 + e));
            slope = -y * (y * margin > 0 ? e : 1) / (1 + e);
        } else {
            cost += weight * loss.of(margin, y);
            slope = loss.slope(margin, y);
        }
        right += y * margin > 0 ? weight : 0;
        weightSum += weight;
        return slope * weight;
    }

    /** Tells what it has counted, and begins anew. */
    void tell(Worker.Tally ofLoss, Worker.Tally ofRight) {
        ofLoss.add(cost * conditioning.costs(), weightSum);
        if (isClassification) {
            ofRight.add(right, weightSum);
        }
        cost = 0;
        weightSum = 0;
        right = 0;
    }
}
