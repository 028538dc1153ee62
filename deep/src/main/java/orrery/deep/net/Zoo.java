package orrery.deep.net;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import orrery.deep.layer.Activation;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Dropout;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.Flatten;
import orrery.deep.layer.Interactions;
import orrery.deep.layer.Join;
import orrery.deep.layer.Layer;
import orrery.deep.layer.Linear;
import orrery.deep.layer.LocalResponse;
import orrery.deep.layer.Pooling;
import orrery.deep.layer.Recurrent;
import orrery.deep.layer.Window;

/** Published nets, by name. */
public final class Zoo {
    private static final Map<String, Supplier<Net>> NETS = new TreeMap<>(Map.of(
            "mlp", Zoo::mlp,
            "lenet", Zoo::lenet,
            "cifar10-quick", Zoo::cifarQuick,
            "alexnet", Zoo::alexnet,
            "vgg19", () -> vgg19(1000),
            "vgg19-22k", () -> vgg19(21_841),
            "googlenet", Zoo::googlenet,
            "inception-v3", Inception::net,
            "resnet-18", Zoo::resnet18,
            "resnet-152", Zoo::resnet152));

    private static final Map<String, BiFunction<Integer, Integer, Net>> BY_DATA =
            new TreeMap<>(Map.of("wide-and-deep", Zoo::wideAndDeep, "deepfm", Zoo::deepFm));

    private static final int CRITEO_NUMBERS = 13;
    private static final int CRITEO_FIELDS = 26;

    /** Characters of an example of a text, if nothing is said. */
    public static final int STEPS = 64;

    private static final int ASCII = 128;

    private Zoo() {}

    public static List<String> names() {
        var names = new TreeSet<>(NETS.keySet());
        names.addAll(BY_DATA.keySet());
        names.add(CHARACTERS);
        return List.copyOf(names);
    }

    /** The name of a net for texts: {@link #ofCharacters}. */
    public static final String CHARACTERS = "char-lstm";

    /**
     * A net that gives the next character at each step of a text: a recurrent layer of 256 cells over embeddings of 32 numbers.
     *
     * @param steps characters of an example
     * @param characters different ones
     */
    public static Net ofCharacters(int steps, int characters) {
        return Net.input(0)
                .fields(steps)
                .add("characters", new Embedding(32, false))
                .add("cells", new Recurrent(Recurrent.Cell.LSTM, 256, true))
                .add("next", new Linear(characters, true, true, 1))
                .net();
    }

    /** Whether a net takes the shape of the data: {@link #net(String, int, int)}. */
    public static boolean isByData(String name) {
        return BY_DATA.containsKey(name);
    }

    /**
     * A net for data with numbers and fields of categories, which tells two classes apart.
     *
     * @throws IllegalArgumentException if there is none of that name, or the data have no fields
     */
    public static Net net(String name, int numbers, int fields) {
        var found = BY_DATA.get(name);
        if (found == null) {
            throw new IllegalArgumentException("there is no net '" + name + "' for fields, only " + BY_DATA.keySet());
        }
        if (fields < 1) {
            throw new IllegalArgumentException(
                    "the net " + name + " is for data with columns of categories, and there are none");
        }
        return found.apply(numbers, fields);
    }

    /**
     * A net. Nets for categories get the shape of the Criteo data, 13 numbers and 26 fields; the net for texts takes 64 characters of 128
     * different ones.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public static Net net(String name) {
        if (name.equals(CHARACTERS)) {
            return ofCharacters(STEPS, ASCII);
        }
        if (isByData(name)) {
            return net(name, CRITEO_NUMBERS, CRITEO_FIELDS);
        }
        var found = NETS.get(name);
        if (found == null) {
            throw new IllegalArgumentException("there is no net '" + name + "', only " + names());
        }
        return found.get();
    }

    private static Layer convolution(int channels, int size, int stride, int padding) {
        return new Convolution(channels, new Window(size, stride, padding, 1), 1, true);
    }

    private static Layer grouped(int channels, int size, int padding) {
        return new Convolution(channels, new Window(size, 1, padding, 1), 2, true);
    }

    /** Rounded up, as in Caffe. */
    private static Layer maxPool(int size, int stride) {
        return new Pooling(Pooling.Kind.MAX, new Window(size, stride, 0, 1), true);
    }

    private static Layer averagePool(int size, int stride) {
        return new Pooling(Pooling.Kind.AVERAGE, new Window(size, stride, 0, 1), true);
    }

    private static Layer linear(int outputs) {
        return new Linear(outputs, true);
    }

    private static final Layer RELU = new Activation(Activation.Kind.RELU);

    // Nets over categories: a linear model of all features beside a net over embeddings; the output is the logarithm of
    // the odds

    /** Cheng et al., DLRS 2016, figure 4: embeddings of 32 numbers. One rule of update trains both sides. */
    private static Net wideAndDeep(int numbers, int fields) {
        var builder = Net.input(numbers).fields(fields);
        var terms = linear(builder, numbers);
        builder.add("embedding", new Embedding(32, false));
        terms.add(deep(builder, numbers, 0, 1024, 512, 256));
        return builder.add("sum", new Join(Join.Kind.ADD), terms.toArray(String[]::new))
                .net();
    }

    /** Guo et al., IJCAI 2017: embeddings of 10 numbers, which the factorization machine and the net share; the settings of section 3.1. */
    private static Net deepFm(int numbers, int fields) {
        var builder = Net.input(numbers).fields(fields);
        var terms = linear(builder, numbers);
        builder.add("embedding", new Embedding(10, false)).add("pairs", new Interactions());
        terms.add(builder.last());
        terms.add(deep(builder, numbers, 0.5, 400, 400, 400));
        return builder.add("sum", new Join(Join.Kind.ADD), terms.toArray(String[]::new))
                .net();
    }

    /** A layer with small first weights: larger ones cost up to 0.03 of AUC under AdaGrad. */
    private static Layer small(int outputs) {
        return new Linear(outputs, true, false, 1);
    }

    /** A weight of each key and each number. */
    private static List<String> linear(Net.Builder builder, int numbers) {
        builder.add("weights", new Embedding(1, true));
        var terms = new ArrayList<>(List.of(builder.last()));
        if (numbers > 0) {
            builder.add("number-weights", small(1), Net.INPUT);
            terms.add(builder.last());
        }
        return terms;
    }

    private static String deep(Net.Builder builder, int numbers, double dropped, int... widths) {
        builder.add("rows", new Flatten(), "embedding");
        if (numbers > 0) {
            builder.add("all", new Join(Join.Kind.CONCAT), Net.INPUT, "rows");
        }
        for (int i = 0; i < widths.length; i++) {
            builder.add("hidden" + (i + 1), small(widths[i])).add("relu" + (i + 1), RELU);
            if (dropped > 0) {
                builder.add("drop" + (i + 1), new Dropout(dropped));
            }
        }
        builder.add("odds", small(1));
        return builder.last();
    }

    /** Two hidden layers over digits. */
    private static Net mlp() {
        return Net.of(new int[] {28, 28, 1}, linear(512), RELU, linear(256), RELU, linear(10));
    }

    /** LeCun et al., Proceedings of the IEEE 86, 1998, as Caffe has it: ten layers with the data and the loss. */
    private static Net lenet() {
        return Net.input(28, 28, 1)
                .add("conv1", convolution(20, 5, 1, 0))
                .add("pool1", maxPool(2, 2))
                .add("conv2", convolution(50, 5, 1, 0))
                .add("pool2", maxPool(2, 2))
                .add("ip1", linear(500))
                .add("relu1", RELU)
                .add("ip2", linear(10))
                .net();
    }

    /** Caffe's quick net on CIFAR-10. */
    private static Net cifarQuick() {
        return Net.input(32, 32, 3)
                .add("conv1", convolution(32, 5, 1, 2))
                .add("pool1", maxPool(3, 2))
                .add("relu1", RELU)
                .add("conv2", convolution(32, 5, 1, 2))
                .add("relu2", RELU)
                .add("pool2", averagePool(3, 2))
                .add("conv3", convolution(64, 5, 1, 2))
                .add("relu3", RELU)
                .add("pool3", averagePool(3, 2))
                .add("ip1", linear(64))
                .add("ip2", linear(10))
                .net();
    }

    /** Krizhevsky, Sutskever and Hinton, NIPS 2012, as Caffe has it: with groups. */
    private static Net alexnet() {
        var local = new LocalResponse(5, 1e-4, 0.75, 1);
        return Net.input(227, 227, 3)
                .add("conv1", convolution(96, 11, 4, 0))
                .add("relu1", RELU)
                .add("norm1", local)
                .add("pool1", maxPool(3, 2))
                .add("conv2", grouped(256, 5, 2))
                .add("relu2", RELU)
                .add("norm2", local)
                .add("pool2", maxPool(3, 2))
                .add("conv3", convolution(384, 3, 1, 1))
                .add("relu3", RELU)
                .add("conv4", grouped(384, 3, 1))
                .add("relu4", RELU)
                .add("conv5", grouped(256, 3, 1))
                .add("relu5", RELU)
                .add("pool5", maxPool(3, 2))
                .add("fc6", linear(4096))
                .add("relu6", RELU)
                .add("drop6", new Dropout(0.5))
                .add("fc7", linear(4096))
                .add("relu7", RELU)
                .add("drop7", new Dropout(0.5))
                .add("fc8", linear(1000))
                .net();
    }

    /** Simonyan and Zisserman, ICLR 2015, configuration E. */
    private static Net vgg19(int classes) {
        var builder = Net.input(224, 224, 3);
        int[] channels = {64, 128, 256, 512, 512};
        int[] depths = {2, 2, 4, 4, 4};
        for (int block = 0; block < channels.length; block++) {
            for (int i = 0; i < depths[block]; i++) {
                String number = (block + 1) + "_" + (i + 1);
                builder.add("conv" + number, convolution(channels[block], 3, 1, 1))
                        .add("relu" + number, RELU);
            }
            builder.add("pool" + (block + 1), maxPool(2, 2));
        }
        for (int i = 6; i <= 7; i++) {
            builder.add("fc" + i, linear(4096)).add("relu" + i, RELU).add("drop" + i, new Dropout(0.5));
        }
        return builder.add("fc8", linear(classes)).net();
    }

    /** Szegedy et al., CVPR 2015, as Caffe has it, without the two classifiers on the way. */
    private static Net googlenet() {
        var builder = Net.input(224, 224, 3);
        var local = new LocalResponse(5, 1e-4, 0.75, 1);
        rectified(builder, "conv1", 64, 7, 2, Net.INPUT);
        builder.add("pool1", maxPool(3, 2)).add("norm1", local);
        rectified(builder, "conv2r", 64, 1, 1, builder.last());
        rectified(builder, "conv2", 192, 3, 1, builder.last());
        builder.add("norm2", local).add("pool2", maxPool(3, 2));
        inception(builder, "3a", 64, 96, 128, 16, 32, 32);
        inception(builder, "3b", 128, 128, 192, 32, 96, 64);
        builder.add("pool3", maxPool(3, 2));
        inception(builder, "4a", 192, 96, 208, 16, 48, 64);
        inception(builder, "4b", 160, 112, 224, 24, 64, 64);
        inception(builder, "4c", 128, 128, 256, 24, 64, 64);
        inception(builder, "4d", 112, 144, 288, 32, 64, 64);
        inception(builder, "4e", 256, 160, 320, 32, 128, 128);
        builder.add("pool4", maxPool(3, 2));
        inception(builder, "5a", 256, 160, 320, 32, 128, 128);
        inception(builder, "5b", 384, 192, 384, 48, 128, 128);
        return builder.add("pool5", new Pooling(Pooling.Kind.AVERAGE, null, false))
                .add("drop", new Dropout(0.4))
                .add("classifier", linear(1000))
                .net();
    }

    private static void rectified(Net.Builder builder, String name, int channels, int size, int stride, String from) {
        builder.add(name, convolution(channels, size, stride, size / 2), from).add(name + "/relu", RELU);
    }

    /** Windows of 1, 3, 5 and a pool side by side; "r" for what makes the channels fewer before. */
    private static void inception(
            Net.Builder builder, String name, int one, int threeR, int three, int fiveR, int five, int pool) {
        String from = builder.last();
        String at = name + "/";
        rectified(builder, at + "1x1", one, 1, 1, from);
        rectified(builder, at + "3x3r", threeR, 1, 1, from);
        rectified(builder, at + "3x3", three, 3, 1, builder.last());
        rectified(builder, at + "5x5r", fiveR, 1, 1, from);
        rectified(builder, at + "5x5", five, 5, 1, builder.last());
        builder.add(at + "largest", new Pooling(Pooling.Kind.MAX, new Window(3, 1, 1, 1), false), from);
        rectified(builder, at + "pool", pool, 1, 1, builder.last());
        builder.add(
                at + "all",
                new Join(Join.Kind.CONCAT),
                at + "1x1/relu",
                at + "3x3/relu",
                at + "5x5/relu",
                at + "pool/relu");
    }

    // Residual nets: He et al., CVPR 2016

    private static void convolve(Net.Builder builder, String name, int channels, int size, int stride, String from) {
        builder.add(name, new Convolution(channels, new Window(size, stride, size / 2, 1), 1, false), from)
                .add(name + "/norm", new BatchNorm(1e-5, 0.9));
    }

    private static Net resnet18() {
        return residual(new int[] {2, 2, 2, 2}, false);
    }

    private static Net resnet152() {
        return residual(new int[] {3, 8, 36, 3}, true);
    }

    private static Net residual(int[] depths, boolean isNarrowed) {
        var builder = Net.input(224, 224, 3);
        convolve(builder, "conv1", 64, 7, 2, Net.INPUT);
        builder.add("conv1/relu", RELU).add("pool1", new Pooling(Pooling.Kind.MAX, new Window(3, 2, 1, 1), false));
        int channels = 64;
        for (int stage = 0; stage < depths.length; stage++, channels *= 2) {
            for (int i = 0; i < depths[stage]; i++) {
                String name = "conv" + (stage + 2) + "_" + (i + 1);
                String from = builder.last();
                int stride = stage > 0 && i == 0 ? 2 : 1;
                var names = new ArrayList<>(List.of("a", "b", "c").subList(0, isNarrowed ? 3 : 2));
                for (var part : names) {
                    boolean isLast = part.equals(names.getLast());
                    boolean strides = part.equals(isNarrowed ? "b" : "a"); // in the middle, as later versions have it
                    convolve(
                            builder,
                            name + "/" + part,
                            isNarrowed && isLast ? 4 * channels : channels,
                            isNarrowed && !part.equals("b") ? 1 : 3,
                            strides ? stride : 1,
                            part.equals("a") ? from : builder.last());
                    if (!isLast) {
                        builder.add(name + "/" + part + "/relu", RELU);
                    }
                }
                String end = builder.last();
                String shortcut = from;
                if (i == 0 && (isNarrowed || stage > 0)) {
                    convolve(builder, name + "/shortcut", isNarrowed ? 4 * channels : channels, 1, stride, from);
                    shortcut = builder.last();
                }
                builder.add(name + "/add", new Join(Join.Kind.ADD), end, shortcut)
                        .add(name + "/relu", RELU);
            }
        }
        return builder.add("pool5", new Pooling(Pooling.Kind.AVERAGE, null, false))
                .add("fc", linear(1000))
                .net();
    }
}
