package orrery.bench.topics;

import cc.mallet.topics.ParallelTopicModel;
import cc.mallet.types.Alphabet;
import cc.mallet.types.FeatureSequence;
import cc.mallet.types.Instance;
import cc.mallet.types.InstanceList;
import java.io.IOException;
import java.util.Arrays;
import java.util.logging.Level;
import orrery.bench.Cpu;
import orrery.data.Corpus;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.learn.topic.TopicModel;
import orrery.learn.topic.TopicOptions;

/** MALLET's sampler (SparseLDA, by threads on copies that are merged after each pass) on the same documents. */
final class Mallet {
    private static final int STEP = 5; // passes between two looks at the likelihood, which takes no part in the time

    private final InstanceList documents;
    private final long words;

    Mallet(Examples examples) {
        ParallelTopicModel.logger.setLevel(Level.OFF);
        var alphabet = new Alphabet();
        for (int w = 0; w < examples.features(); w++) {
            alphabet.lookupIndex(String.valueOf(w));
        }
        alphabet.stopGrowth();
        documents = new InstanceList(alphabet, null);
        var cursor = examples.cursor();
        long sum = 0;
        for (long d = 0; d < examples.size(); d++) {
            cursor.move(d);
            int length = 0;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                length += (int) cursor.values()[k];
            }
            var features = new int[length];
            int at = 0;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                for (int n = 0; n < (int) cursor.values()[k]; n++) {
                    features[at++] = cursor.indices()[k];
                }
            }
            documents.add(new Instance(new FeatureSequence(alphabet, features), null, String.valueOf(d), null));
            sum += length;
        }
        words = sum;
    }

    /** A model of so many passes by one thread, as ours are. */
    TopicModel model(Loaded documents, TopicOptions options, long seed) throws IOException {
        var model = new ParallelTopicModel(options.topics(), options.topics() * options.prior(), options.beta());
        model.setNumThreads(1);
        model.setOptimizeInterval(0);
        model.setTopicDisplay(0, 0);
        model.printLogLikelihood = false;
        model.setRandomSeed((int) seed);
        model.addInstances(this.documents);
        model.setNumIterations(options.iterations());
        model.estimate();
        var builder =
                new TopicModel.Builder(documents.schema(), documents.examples().features(), options);
        for (int word = 0; word < documents.examples().features(); word++) {
            for (int entry : model.typeTopicCounts[word]) {
                int count = entry >> model.topicBits;
                if (count > 0) {
                    builder.count(entry & model.topicMask, count);
                }
            }
            builder.endWord();
        }
        var alpha = new float[options.topics()];
        Arrays.fill(alpha, (float) options.prior());
        return builder.build(alpha).measuredOn(Corpus.of(documents));
    }

    /** Goes on until a likelihood is reached, or so many passes are done. */
    Course run(int topics, double alpha, double beta, int threads, double target, int most, long seed)
            throws IOException {
        var course = new Course();
        long wall = -System.nanoTime();
        long cpu = -Cpu.nanos();
        var model = new ParallelTopicModel(topics, topics * alpha, beta);
        model.setNumThreads(threads);
        model.setOptimizeInterval(0);
        model.setTopicDisplay(0, 0);
        model.printLogLikelihood = false;
        model.setRandomSeed((int) seed);
        model.addInstances(documents);
        for (int passes = 0; passes < most && !course.reaches(target); passes += STEP) {
            model.setNumIterations(STEP);
            model.setRandomSeed((int) seed + 1 + passes); // it begins anew with each call
            model.estimate();
            long now = System.nanoTime();
            long used = Cpu.nanos();
            course.add(passes + STEP, model.modelLogLikelihood() / words, (wall + now) / 1e9, (cpu + used) / 1e9);
            wall -= System.nanoTime() - now;
            cpu -= Cpu.nanos() - used;
        }
        return course;
    }
}
