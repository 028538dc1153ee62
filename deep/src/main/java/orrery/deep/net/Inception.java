package orrery.deep.net;

import orrery.deep.layer.Activation;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Dropout;
import orrery.deep.layer.Join;
import orrery.deep.layer.Layer;
import orrery.deep.layer.Linear;
import orrery.deep.layer.Pooling;
import orrery.deep.layer.Window;

/** Inception-v3: Szegedy et al., CVPR 2016, without the classifier on the way. */
final class Inception {
    private static final Layer LARGEST = new Pooling(Pooling.Kind.MAX, new Window(3, 2, 0, 1), false);

    private final Net.Builder builder = Net.input(299, 299, 3);

    private Inception() {}

    static Net net() {
        var of = new Inception();
        of.stem();
        of.wide("5b", 32);
        of.wide("5c", 64);
        of.wide("5d", 64);
        of.shrink();
        of.cut("6b", 128);
        of.cut("6c", 160);
        of.cut("6d", 160);
        of.cut("6e", 192);
        of.shrinkAgain();
        of.spread("7b");
        of.spread("7c");
        return of.builder
                .add("pool", new Pooling(Pooling.Kind.AVERAGE, null, false))
                .add("drop", new Dropout(0.5))
                .add("fc", new Linear(1000, true))
                .net();
    }

    /** A convolution, normalised and rectified; returns its name as what others read. */
    private String add(String name, int channels, Window window, String from) {
        builder.add(name, new Convolution(channels, window, 1, false), from)
                .add(name + "/norm", new BatchNorm(1e-3, 0.9))
                .add(name + "/relu", new Activation(Activation.Kind.RELU));
        return builder.last();
    }

    private static Window square(int size, int stride, int padding) {
        return new Window(size, stride, padding, 1);
    }

    private static Window one() {
        return square(1, 1, 0);
    }

    /** One row, or one column, of the same output as input. */
    private static Window line(int high, int wide) {
        return new Window(high, wide, 1, high / 2, wide / 2, 1);
    }

    private void join(String name, String... parts) {
        builder.add(name + "/all", new Join(Join.Kind.CONCAT), parts);
    }

    private String pooled(String name, int channels, String from) {
        builder.add(name + "/mean", new Pooling(Pooling.Kind.AVERAGE, square(3, 1, 1), false), from);
        return add(name + "/pool", channels, one(), builder.last());
    }

    private void stem() {
        add("1a", 32, square(3, 2, 0), Net.INPUT);
        add("2a", 32, square(3, 1, 0), builder.last());
        add("2b", 64, square(3, 1, 1), builder.last());
        builder.add("3a", LARGEST);
        add("3b", 80, one(), builder.last());
        add("4a", 192, square(3, 1, 0), builder.last());
        builder.add("5a", LARGEST);
    }

    private void wide(String name, int pool) {
        String from = builder.last();
        String a = add(name + "/1x1", 64, one(), from);
        String b = add(name + "/5x5_2", 64, square(5, 1, 2), add(name + "/5x5_1", 48, one(), from));
        String c = add(name + "/3x3_1", 64, one(), from);
        c = add(name + "/3x3_2", 96, square(3, 1, 1), c);
        c = add(name + "/3x3_3", 96, square(3, 1, 1), c);
        join(name, a, b, c, pooled(name, pool, from));
    }

    private void shrink() {
        String from = builder.last();
        String a = add("6a/3x3", 384, square(3, 2, 0), from);
        String b = add("6a/d1", 64, one(), from);
        b = add("6a/d2", 96, square(3, 1, 1), b);
        b = add("6a/d3", 96, square(3, 2, 0), b);
        builder.add("6a/largest", LARGEST, from);
        join("6a", a, b, builder.last());
    }

    /** Windows of 7 x 7, cut into rows and columns. */
    private void cut(String name, int channels) {
        String from = builder.last();
        String a = add(name + "/1x1", 192, one(), from);
        String b = add(name + "/7_1", channels, one(), from);
        b = add(name + "/7_2", channels, line(1, 7), b);
        b = add(name + "/7_3", 192, line(7, 1), b);
        String c = add(name + "/d1", channels, one(), from);
        c = add(name + "/d2", channels, line(7, 1), c);
        c = add(name + "/d3", channels, line(1, 7), c);
        c = add(name + "/d4", channels, line(7, 1), c);
        c = add(name + "/d5", 192, line(1, 7), c);
        join(name, a, b, c, pooled(name, 192, from));
    }

    private void shrinkAgain() {
        String from = builder.last();
        String a = add("7a/3_2", 320, square(3, 2, 0), add("7a/3_1", 192, one(), from));
        String b = add("7a/7_1", 192, one(), from);
        b = add("7a/7_2", 192, line(1, 7), b);
        b = add("7a/7_3", 192, line(7, 1), b);
        b = add("7a/7_4", 192, square(3, 2, 0), b);
        builder.add("7a/largest", LARGEST, from);
        join("7a", a, b, builder.last());
    }

    private void spread(String name) {
        String from = builder.last();
        String a = add(name + "/1x1", 320, one(), from);
        String b = add(name + "/3_1", 384, one(), from);
        String left = add(name + "/3_2a", 384, line(1, 3), b);
        String right = add(name + "/3_2b", 384, line(3, 1), b);
        String d = add(name + "/d2", 384, square(3, 1, 1), add(name + "/d1", 448, one(), from));
        String dLeft = add(name + "/d3a", 384, line(1, 3), d);
        String dRight = add(name + "/d3b", 384, line(3, 1), d);
        join(name, a, left, right, dLeft, dRight, pooled(name, 192, from));
    }
}
